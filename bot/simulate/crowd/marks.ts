/**
 * What the people of a simulated crowd mark in a round, and when: marks by their canonical names on the
 * sheets of a round.
 */
import type { Attack, Crowd } from '../../../src/config/crowds.js';
import { faultMark } from '../../../src/domain/state/faults.js';
import { Rng } from '../../../src/rng.js';
import { type Person, type Seen, verdict } from './people.js';

export interface CrowdMark {
  person: Person;
  /** Place of the sheet in the round. */
  sheet: number;
  emoji: string;
  /** Since the posting, ms. */
  after: number;
  /** It comes after the close. */
  late: boolean;
}

export interface CrowdRound {
  crowd: Crowd;
  people: readonly Person[];
  seed: number;
  round: number;
  pictures: readonly Seen[];
  /** Indices of the pictures of each sheet. */
  sheets: readonly (readonly number[])[];
}

const hour = 3_600_000;

/**
 * The bad picture that a round's attackers are for; null in a round without an attack, or without a bad
 * picture.
 */
export function attackedIn({
  crowd,
  seed,
  round,
  pictures,
}: Omit<CrowdRound, 'people' | 'sheets'>): number | null {
  if (!crowd.attack || round < crowd.attack.from) return null;
  const bad = pictures.filter(({ good, camp }) => !good && camp === null);
  return bad.length > 0 ? new Rng(seed, round, 'attacked').choice(bad).index : null;
}

/** Everybody's, in the order of people. */
export function marksOf(whole: CrowdRound): CrowdMark[] {
  const attacked = attackedIn(whole);
  return whole.people.flatMap((person) => marksOfPerson(whole, person, attacked));
}

function marksOfPerson(whole: CrowdRound, person: Person, attacked: number | null): CrowdMark[] {
  const { crowd, seed, round } = whole;
  const rng = new Rng(seed, round, `votes ${person.name}`);
  const { active } = person.attacker ? crowd.attack! : crowd.people;
  if (round < person.from || rng.uniform() >= active) return [];
  const after = person.attacker && attacked !== null ? hostileTime(whole, rng) : honestTime(crowd, rng);
  const late = !person.attacker && rng.uniform() < crowd.people.late;
  const sheets =
    person.attacker && attacked !== null ? hostile(whole, person, attacked, rng) : honest(whole, person, rng);
  let at = after;
  return sheets.flatMap(({ sheet, emojis }) =>
    emojis.map((emoji): CrowdMark => {
      at += 1000 + Math.floor(rng.uniform() * 5000);
      return { person, sheet, emoji, after: at, late };
    }),
  );
}

function honestTime({ people }: Crowd, rng: Rng): number {
  const [which, when] = [rng.uniform(), rng.uniform()];
  return Math.floor(when * (which < people.burst.share ? people.burst.seconds * 1000 : people.hours * hour));
}

/** All within so many minutes of a moment that is the attack's own. */
function hostileTime({ crowd, seed, round }: CrowdRound, rng: Rng): number {
  const span = (crowd.attack as Attack).minutes * 60_000;
  const start = new Rng(seed, round, 'attack').uniform() * Math.max(0, crowd.people.hours * hour - span);
  return Math.floor(start + rng.uniform() * span);
}

interface Sheet {
  sheet: number;
  emojis: string[];
}

function honest(whole: CrowdRound, person: Person, rng: Rng): Sheet[] {
  const { crowd, sheets } = whole;
  const views = look(whole, person, rng);
  const favourite = rng.uniform() < crowd.people.stars ? best(views) : null;
  return sheets.flatMap((cells, sheet): Sheet[] => {
    const [skip, says] = [rng.uniform(), rng.uniform()];
    if (skip < crowd.people.skip) return [];
    const of = (kind: boolean) => cells.flatMap((index, i) => (views.get(index)?.up === kind ? [i + 1] : []));
    if (person.disliker) {
      const wrong = of(false).filter(() => rng.uniform() < 0.5);
      return wrong.length > 0 ? [{ sheet, emojis: wrong.map((cell) => faultMark('ugly', cell)) }] : [];
    }
    const goods = of(true);
    if (goods.length === 0) return says < crowd.people.downs ? [{ sheet, emojis: ['none'] }] : [];
    const star = favourite === null ? 0 : cells.indexOf(favourite) + 1;
    return [{ sheet, emojis: [...goods.map(String), ...(star > 0 ? [`star-${star}`] : [])] }];
  });
}

type Views = ReadonlyMap<number, { up: boolean | null; picture: Seen }>;

function look({ crowd, pictures, sheets }: CrowdRound, person: Person, rng: Rng): Views {
  const byIndex = new Map(pictures.map((picture) => [picture.index, picture]));
  return new Map(
    sheets.flat().map((index, place) => {
      const picture = byIndex.get(index)!;
      return [index, { up: verdict(crowd, person, picture, place, rng), picture }];
    }),
  );
}

/** Of what somebody likes, that of the highest quality. */
function best(views: Views): number | null {
  const liked = [...views.values()].filter(({ up }) => up === true).map(({ picture }) => picture);
  return liked.reduce<Seen | null>((a, b) => (a && a.quality >= b.quality ? a : b), null)?.index ?? null;
}

function hostile(whole: CrowdRound, person: Person, attacked: number, rng: Rng): Sheet[] {
  const { crowd, sheets, pictures } = whole;
  const { does } = crowd.attack as Attack;
  const byIndex = new Map(pictures.map((picture) => [picture.index, picture]));
  const views = does === 'promote' ? look(whole, person, rng) : null;
  const likes = (index: number): boolean => {
    if (index === attacked) return true;
    if (views) return views.get(index)!.up === true;
    return does === 'invert' && !byIndex.get(index)!.good;
  };
  return sheets.flatMap((cells, sheet): Sheet[] => {
    const goods = cells.flatMap((index, i) => (likes(index) ? [String(i + 1)] : []));
    if (cells.includes(attacked)) goods.push(`star-${cells.indexOf(attacked) + 1}`);
    // Who is for one picture says of the other sheets that nothing on them is good.
    return [{ sheet, emojis: goods.length > 0 ? goods : ['none'] }];
  });
}
