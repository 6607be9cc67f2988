/**
 * The ledger against a plain one: random marks, sweeps, clearings, links, exclusions, forgettings, withdrawn
 * consents and restarts over two platforms, each told in any order. The plain ledger is one table (ballot,
 * account, emoji) -> what was last so, and votes are read off it by the rules of docs/votes.md.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { forgetIn } from '../../../src/domain/state/forgotten.js';
import type { Voter } from '../../../src/domain/state/model.js';
import type { Ballot } from '../../../src/domain/state/round.js';
import { factsOf } from '../../../src/domain/voting/ledger.js';
import { attendance, countedIn } from '../../../src/domain/voting/who-counts.js';
import { person, placeOn, World } from '../../support/world.js';

const accounts = ['ann', 'bob', 'cem', 'ann-slack', 'bob-slack', 'cem-slack'];
const stranger = 'gus';
const emojis = ['1', '2', 'none', 'star-1', 'done'];
/** No reaction shows it. */
const isHidden = (emoji: string) => emoji === 'star-1' || emoji === 'done';
const WEAK = 0.5;

const nat = (max: number) => fc.nat({ max });
/** How many acts ago it was so when it is told of. */
const ago = fc.oneof(fc.constant(0), nat(6));
const act = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('mark' as const),
      voter: nat(accounts.length),
      sheet: nat(1),
      emoji: nat(emojis.length - 1),
      present: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      ago,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('sweep' as const),
      ballot: nat(3),
      found: fc.array(fc.tuple(nat(accounts.length), nat(2)), { maxLength: 5 }),
      ago,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('clear' as const), ballot: nat(3), emoji: nat(4), ago }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('link' as const), a: nat(2), b: nat(2), on: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('exclude' as const), voter: nat(5), on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), voter: nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), voter: nat(5), ago }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface Known {
  present: boolean;
  at: number;
  /** Nobody's change of mind. */
  cleared?: boolean;
}

/** One that consented: its person's name, and whether a moderator excluded it. */
interface Account {
  person: string;
  excluded: boolean;
  /** Left behind by somebody who was forgotten. */
  gone: boolean;
}

class Plain {
  readonly marks = new Map<string, Map<string, Known>>();
  readonly accounts = new Map<string, Account>(
    accounts.map((key) => [key, { person: key, excluded: false, gone: false }]),
  );

  of(ballot: string): Map<string, Known> {
    const found = this.marks.get(ballot) ?? new Map<string, Known>();
    this.marks.set(ballot, found);
    return found;
  }

  mark(ballot: string, voter: string, emoji: string, present: boolean, at: number): void {
    const marks = this.of(ballot);
    const before = marks.get(`${voter} ${emoji}`);
    if (this.accounts.has(voter) && !(before && before.at > at))
      marks.set(`${voter} ${emoji}`, { present, at });
  }

  sweep(ballot: string, found: readonly string[], at: number): void {
    const marks = this.of(ballot);
    for (const key of new Set(found)) {
      const before = marks.get(key);
      if (!this.accounts.has(key.split(' ')[0]!) || before?.present || (before && before.at > at)) continue;
      marks.set(key, { present: true, at });
    }
    for (const [key, { present, at: since }] of marks) {
      const [voter, emoji] = key.split(' ') as [string, string];
      if (found.includes(key) || !present || since > at || isHidden(emoji) || this.accounts.get(voter)!.gone)
        continue;
      marks.set(key, { present: false, at });
    }
  }

  clear(ballot: string, emoji: string | null, at: number): void {
    for (const [key, { present, at: since }] of this.of(ballot)) {
      const own = key.split(' ')[1]!;
      if (present && since <= at && !isHidden(own) && (emoji ?? own) === own)
        this.of(ballot).set(key, { present: false, at, cleared: true });
    }
  }

  /** Consent is taken back: so are all marks, from whichever account. */
  leave(person: string, at: number): void {
    for (const marks of this.marks.values())
      for (const [key, { present, at: since }] of marks)
        if (present && since <= at && this.accounts.get(key.split(' ')[0]!)!.person === person)
          marks.set(key, { present: false, at });
  }

  forget(keys: readonly string[], name: string): void {
    const excluded = keys.some((key) => this.accounts.get(key)!.excluded);
    for (const [ballot, marks] of this.marks) {
      const renamed = [...marks].map(([key, known]): [string, Known] => {
        const [voter, emoji] = key.split(' ') as [string, string];
        return [keys.includes(voter) ? `${name} ${emoji}` : key, known];
      });
      this.marks.set(ballot, new Map(renamed));
    }
    for (const key of keys) this.accounts.delete(key);
    this.accounts.set(name, { person: name, excluded, gone: true });
  }

  standing(ballot: string): string[] {
    return [...this.of(ballot)].flatMap(([key, { present }]) => (present ? [key] : [])).sort();
  }

  /** Person -> sheet -> emoji that hold there: of each the last change over accounts and channels. */
  people(ballots: readonly Ballot[]): Map<string, Map<number, string[]>> {
    const latest = new Map<string, Known & { person: string; sheet: number; emoji: string }>();
    for (const { id, sheet } of ballots)
      for (const [key, known] of this.of(id)) {
        const [voter, emoji] = key.split(' ') as [string, string];
        const { person } = this.accounts.get(voter)!;
        const before = latest.get(`${person} ${sheet} ${emoji}`);
        if (!known.cleared && !(before && before.at > known.at))
          latest.set(`${person} ${sheet} ${emoji}`, { ...known, person, sheet, emoji });
      }
    const people = new Map<string, Map<number, string[]>>();
    for (const { person, sheet, emoji, present } of latest.values()) {
      if (!present) continue;
      const sheets = people.get(person) ?? new Map<number, string[]>();
      sheets.set(sheet, [...(sheets.get(sheet) ?? []), emoji]);
      people.set(person, sheets);
    }
    return people;
  }

  isExcluded = (name: string) =>
    [...this.accounts.values()].some(({ person, excluded }) => person === name && excluded);
}

/** Index of a picture -> [good, weight], of two sheets of two. */
function votesOf(sheets: ReadonlyMap<number, readonly string[]>, lone: boolean) {
  const done = [...sheets.values()].some((marks) => marks.includes('done'));
  return [0, 1].flatMap((sheet) => {
    const marks = sheets.get(sheet) ?? [];
    if (!done && marks.length === 0) return [];
    const good = [marks.includes('1') || marks.includes('star-1'), marks.includes('2')];
    const weight = lone || (marks.includes('none') && !good.includes(true)) ? 1 : WEAK;
    return good.map((up, cell) => ({ index: 2 * sheet + cell, up, weight: up ? 1 : weight }));
  });
}

it('has the very marks and votes of a plain ledger, whatever happened and however late it was told', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 10, maxLength: 60 }), (acts) => {
      const world = new World(
        { imagesPerRound: 4, sheetSize: 2, quorum: 99, quorumBy: 'done', unmarkedWeight: WEAK },
        true,
      );
      join(world);
      world.settle();
      world.consent(...accounts);
      const plain = new Plain();
      const start = world.now + 1000;
      for (const [i, one] of acts.entries()) {
        world.now = start + 1000 * i;
        // No two acts are told as of the same moment.
        const at = 'ago' in one ? world.now - 1000 * Math.min(i, one.ago) + i : world.now + i;
        perform(world, plain, one, at);
      }
      const ballots = world.live();
      expect([world.round.state, ballots.length]).toEqual(['open', 4]);
      for (const ballot of ballots) {
        const known = factsOf(world.state, ballot).known();
        const standing = known.flatMap(({ voter, emoji, present }) => (present ? [`${voter} ${emoji}`] : []));
        expect(standing.sort()).toEqual(plain.standing(ballot.id));
      }
      const people = plain.people(ballots);
      const names = [...people.keys()].sort();
      const counting = names.filter((name) => !plain.isExcluded(name));
      const { voterBallots, excluded } = countedIn(world.state, world.round);
      expect(excluded).toBe(names.length - counting.length);
      expect(
        voterBallots.map(({ voter, votes }) => [
          voter,
          votes.map(({ index, up, weight }) => ({ index, up, weight })),
        ]),
      ).toEqual(counting.map((name) => [name, votesOf(people.get(name)!, counting.length === 1)]));
      const isDone = (name: string) =>
        [...people.get(name)!.values()].some((marks) => marks.includes('done'));
      const isThrough = (name: string) =>
        isDone(name) || [0, 1].every((sheet) => (people.get(name)!.get(sheet)?.length ?? 0) > 0);
      expect(attendance(world.state, world.round)).toEqual({
        voters: counting.length,
        done: counting.filter(isDone).length,
        finished: counting.filter(isThrough).length,
      });
    }),
    { numRuns: 300, seed: 15 },
  );
});

/** A quorum that nobody reaches, as the founding channel's. */
function join(world: World): void {
  const place = placeOn('slack');
  world.command({ name: 'invite', code: 'code', until: world.now + 1 }, 'admin', 'boss');
  const quorum = { quorum: 99, quorumBy: 'done' } as const;
  world.command({ name: 'join', code: 'code', place, nsfw: false, quorum }, 'admin', 'boss', place.channel);
}

function perform(world: World, plain: Plain, one: Act, at: number): void {
  const ballots = world.live();
  const on = (platform: string) => ballots.filter(({ channel }) => channel === `${platform}-1`);
  const platformOf = (voter: string) => (voter.endsWith('-slack') ? 'slack' : 'fake');
  switch (one.do) {
    case 'mark': {
      const voter = accounts[one.voter] ?? stranger;
      const [ballot, emoji] = [on(platformOf(voter))[one.sheet]!.id, emojis[one.emoji]];
      if (!plain.accounts.has(voter) && voter !== stranger) return;
      const { present } = one;
      world.send({ kind: 'reaction', ballot, voter: person(voter), emoji, present, at });
      plain.mark(ballot, voter, emoji, present, at);
      return;
    }
    case 'sweep': {
      const { id, channel } = ballots[one.ballot];
      const those = one.found.flatMap(([voter, emoji]): [string, string][] => {
        const key = accounts[voter] ?? stranger;
        return channel === `${platformOf(key)}-1` ? [[key, emojis[emoji]]] : [];
      });
      const marks = those.map(([key, emoji]) => ({ voter: person(key), emoji }));
      world.send({ kind: 'swept', ballot: id, effect: null, beganAt: at, marks, at: world.now + 999 });
      plain.sweep(
        id,
        those.map(([key, emoji]) => `${key} ${emoji}`),
        at,
      );
      return;
    }
    case 'clear': {
      const [{ id }, emoji] = [ballots[one.ballot], one.emoji < 3 ? emojis[one.emoji] : null];
      world.send({ kind: 'cleared', ballot: id, emoji, at });
      plain.clear(id, emoji, at);
      return;
    }
    case 'link': {
      const pair = [accounts[one.a], accounts[3 + one.b]].filter((key) => plain.accounts.has(key));
      const name = one.on ? `person-${world.now}` : null;
      world.link(name, ...pair);
      for (const key of pair) plain.accounts.get(key)!.person = name ?? key;
      return;
    }
    case 'exclude': {
      const voter = accounts[one.voter];
      if (!plain.accounts.has(voter)) return;
      expect(world.command({ name: one.on ? 'exclude' : 'include', voter })).toBeNull();
      // All that the person has, and it stays so where they part.
      const { person } = plain.accounts.get(voter)!;
      for (const account of plain.accounts.values()) if (account.person === person) account.excluded = one.on;
      return;
    }
    case 'leave': {
      const voter = accounts[one.voter];
      const account = plain.accounts.get(voter);
      if (!account) return;
      world.send({ kind: 'consent', voter: person(voter), given: false, at });
      plain.leave(account.person, at);
      return;
    }
    case 'forget': {
      const account = plain.accounts.get(accounts[one.voter]);
      if (!account) return;
      const keys = accounts.filter((key) => plain.accounts.get(key)?.person === account.person);
      const name = `gone-${world.now}`;
      const rows = keys.map((key) => world.state.voters.get(key)!);
      const standIn: Voter = {
        ...{ ...rows[0]!, key: name, consentAt: null, name: null, pseudonym: true, person: null },
        excluded: rows.some(({ excluded }) => excluded),
      };
      forget(world, keys, standIn);
      plain.forget(keys, name);
      return;
    }
    case 'restart':
      world.state = world.reload();
  }
}

/** In what is held in memory, and in the rows that a restart reads. */
function forget(world: World, keys: readonly string[], standIn: Voter): void {
  const gone = {
    keys: new Set(keys),
    names: new Map([[world.round.id, standIn.key]]),
    standIns: [standIn],
  };
  world.state = forgetIn([world.state], gone)[0]!;
  const rows = world.rows.flatMap((change) => {
    if (change.table === 'fact' && gone.keys.has(change.row.voter))
      return [{ ...change, row: { ...change.row, voter: standIn.key } }];
    return change.table === 'voter' && gone.keys.has(change.row.key) ? [] : [change];
  });
  world.rows.splice(0, Number.POSITIVE_INFINITY, ...rows, { table: 'voter', row: standIn });
}
