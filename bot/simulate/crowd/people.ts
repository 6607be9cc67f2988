/**
 * Who is in a simulated crowd, and how each of them sees pictures. All that is drawn comes from the seed and
 * the person's name, so nobody's votes depend on who else is there.
 */
import type { Attack, Crowd } from '../../../src/config/crowds.js';
import { Rng } from '../../../src/rng.js';

/** A picture as people see it. */
export interface Seen {
  index: number;
  /** What is so. */
  good: boolean;
  /** Above 0 for good ones; some -4..4. */
  quality: number;
  /** The camp that likes it, where it divides people; else null. */
  camp: number | null;
}

export interface Person {
  name: string;
  attacker: boolean;
  /**
   * Days before the session at which the account was made, and at which its owner joined; less than none for
   * those who join in it.
   */
  bornDays: number;
  joinedDays: number;
  /** First round that they may come to. */
  from: number;
  /** Closed rounds here before the session. */
  rounds: number;
  leniency: number;
  camp: number;
  disliker: boolean;
}

/** Attackers that a share of all who vote comes to. */
export function attackers({ people, attack }: Pick<Crowd, 'people' | 'attack'>): number {
  if (!attack) return 0;
  if (attack.count !== undefined) return attack.count;
  const honest = people.count * people.active;
  return Math.max(1, Math.round((honest * attack.share!) / (1 - attack.share!) / attack.active));
}

/** `rounds`: of the session, within which those who join come. */
export function peopleOf(crowd: Crowd, seed: number, rounds: number): Person[] {
  const honest = Array.from({ length: crowd.people.count }, (_, i) => honestPerson(crowd, seed, i, rounds));
  const hostile = Array.from({ length: attackers(crowd) }, (_, i) => hostilePerson(crowd, seed, i));
  return [...honest, ...hostile];
}

function honestPerson({ people }: Crowd, seed: number, i: number, rounds: number): Person {
  const rng = new Rng(seed, 0, `person ${i}`);
  const joins = rng.uniform() < people.joining;
  const from = joins ? 2 + rng.integer(Math.max(1, rounds - 1)) : 1;
  const isNew = joins && rng.uniform() < 0.5;
  return {
    name: `h${String(i).padStart(4, '0')}`,
    attacker: false,
    bornDays: isNew ? 1 - from : 60 + rng.integer(2000),
    joinedDays: joins ? 1 - from : 20 + rng.integer(300),
    from,
    rounds: joins ? 0 : 3 + rng.integer(20),
    leniency: people.leniency * rng.normal(),
    camp: people.factions.length > 0 ? rng.weighted(people.factions) : 0,
    disliker: rng.uniform() < people.dislikers,
  };
}

function hostilePerson({ people, attack }: Crowd, seed: number, i: number): Person {
  const rng = new Rng(seed, 0, `attacker ${i}`);
  const aged = (attack as Attack).accounts === 'aged';
  return {
    name: `x${String(i).padStart(4, '0')}`,
    attacker: true,
    bornDays: aged ? 60 + rng.integer(2000) : 5,
    joinedDays: aged ? 20 + rng.integer(300) : 2,
    from: 1,
    rounds: aged ? 3 + rng.integer(20) : 0,
    leniency: people.leniency * rng.normal(),
    camp: 0,
    disliker: false,
  };
}

/**
 * Pictures of a round where none are drawn: qualities of 1.5 and more on either side of what is good enough.
 */
export function madePictures({ pictures, people }: Crowd, seed: number, round: number): Seen[] {
  const rng = new Rng(seed, round, 'pictures');
  const camps = Math.max(1, people.factions.length);
  return Array.from({ length: pictures.count }, (_, index) => {
    const good = rng.uniform() < pictures.good;
    const quality = (1.5 + Math.abs(rng.normal())) * (good ? 1 : -1);
    const divides = rng.uniform() < pictures.divided && camps > 1;
    return { index, good, quality, camp: divides ? rng.integer(camps) : null };
  });
}

/** How somebody finds a picture: good, not good, or null when they cannot tell or did not look. */
export function verdict(
  { people }: Crowd,
  person: Person,
  picture: Seen,
  place: number,
  rng: Rng,
): boolean | null {
  const [look, tell, toss, slip] = [rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform()];
  if (look > (1 - people.position) ** place || tell < people.equal) return null;
  const own = picture.camp === null ? picture.quality : Math.abs(picture.quality) * side(picture, person);
  const up = toss < 1 / (1 + Math.exp(-people.beta * (own + person.leniency)));
  return slip < people.mistake ? !up : up;
}

const side = ({ camp }: Seen, person: Person): 1 | -1 => (camp === person.camp ? 1 : -1);
