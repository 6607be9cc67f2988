/**
 * Divided crowds: a session goes on as two, one for each camp of taste. Whose votes count in which is held
 * against the rule written out once more: of each person's moves the last before the close, of linked accounts
 * the last of any, and whoever never had a camp in both.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parted } from '../../../src/domain/sessions/split.js';
import { apply, emptyState } from '../../../src/domain/state/apply.js';
import type { Voter } from '../../../src/domain/state/model.js';
import { type Camp, camps, splitId } from '../../../src/domain/state/split.js';
import { countedIn, marksOf } from '../../../src/domain/voting/who-counts.js';
import { placeOn, World } from '../../support/world.js';

const left = ['l0', 'l1', 'l2', 'l3', 'l4'];
const right = ['r0', 'r1', 'r2', 'r3'];
const rules = { imagesPerRound: 12, sheetSize: 6, quorum: 99 };
const place = (address: string) => ({
  ...placeOn('fake'),
  channel: `fake-${address}`,
  address,
  community: 'c',
});
const into = {
  A: { session: 'cat-a', place: place('1') },
  B: { session: 'cat-b', place: place('2') },
};

/** A round is voted on: those of the left like sheet A, those of the right sheet B; two pictures all like. */
function divided(people: readonly string[] = [...left, ...right]): World {
  const world = new World(rules);
  world.settle();
  world.consent(...people);
  vote(world, people, '12345', '12345');
  world.command({ name: 'close' });
  return world;
}

function vote(world: World, people: readonly string[], ofLeft: string, ofRight: string): void {
  const [a, b] = world.live();
  for (const one of people) {
    const [own, other, cells] = one.startsWith('l') ? [a!, b!, ofLeft] : [b!, a!, ofRight];
    for (const cell of cells) world.react(one, own, cell);
    world.react(one, other, '6');
    world.react(one, own, '6');
  }
}

const splitIt = (world: World, role: 'member' | 'moderator' = 'moderator', from: string | null = null) =>
  world.command({ name: 'split', parting: parted(world.state), into }, role, 'mod', from);

/** The session of a camp as the bot would hold it: from the rows that were written. */
function ofCamp(world: World, camp: Camp): World {
  const own = world.rows.flatMap((row) => (row.table === 'session' ? [row.row] : []));
  const session = own.findLast(({ id }) => id === into[camp].session)!;
  const branch = new World(rules);
  branch.now = world.now + 1;
  branch.outbox.clear();
  branch.rows.length = 0;
  branch.rows.push(...world.rows);
  branch.state = apply(emptyState(session), world.rows);
  branch.tick();
  branch.settle();
  return branch;
}

const campIn = (world: World, key: string) => {
  const voter = world.state.voters.get(key)!;
  return voter.camps?.['cat-a']?.at(-1)?.camp;
};

describe('a session whose people differ', () => {
  it('goes on as two from its head, each with its camp, and says what tells them apart', () => {
    const world = divided();
    world.settle();
    expect(world.round.number).toBe(2);
    expect(splitIt(world)).toBeNull();
    expect([world.state.session.state, world.state.session.end]).toEqual(['ended', 'split']);
    expect(world.round.state).toBe('aborted');
    expect(left.map((key) => campIn(world, key))).toEqual(left.map(() => 'A'));
    expect(right.map((key) => campIn(world, key))).toEqual(right.map(() => 'B'));
    const { likes } = world.state.session.split!;
    expect(likes.A.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(likes.B.map(({ index }) => index)).toEqual([6, 7, 8]);
    const notice = [...world.outbox.values()].find((one) => one.kind === 'notice' && one.notice === 'split');
    expect(notice).toMatchObject({ values: { peopleA: 5, peopleB: 4, channelA: '1', channelB: '2' } });
    for (const camp of camps) {
      const { state } = ofCamp(world, camp);
      expect(state.session).toMatchObject({ state: 'active', title: `cat ${camp}`, split: { camp } });
      expect(state.session.origin).toEqual({ session: 'cat', round: 1 });
      expect(state.rounds.map(({ state: is }) => is)).toEqual(['open']);
      expect(state.bindings.map(({ address }) => address)).toEqual([into[camp].place.address]);
    }
  });

  it('is what it was after a kill', () => {
    const world = divided();
    world.settle();
    splitIt(world);
    expect(world.reload()).toEqual(world.state);
  });

  it.each<[string, (world: World) => World, string]>([
    ['too few have voted', () => settled(divided([...left, 'r0'].slice(1, 6))), 'unknown'],
    ['all like the same', () => settled(divided(left.concat('l5', 'l6'))), 'unknown'],
    ['its round is being learned from', (world) => world, 'round-closed'],
    ['it is in several channels', inTwoChannels, 'not-allowed'],
    ['it is a camp itself', campOfSplit, 'not-allowed'],
  ])('is not split where %s', (_, make, code) => {
    const world = make(divided());
    const before = world.state.session;
    expect(splitIt(world)?.code).toBe(code);
    expect(world.state.session).toEqual(before);
  });

  it('is not split by a member, nor where it reduces unsafe pictures', () => {
    expect(splitIt(settled(divided()), 'member')?.code).toBe('not-allowed');
    const world = new World(rules, true, true);
    world.settle();
    expect(splitIt(world)?.code).toBe('not-allowed');
  });

  it('goes on as one when that is undone, and both others are stopped', () => {
    const world = settled(divided());
    splitIt(world);
    const undo = { name: 'undo', of: { seq: 1, command: 'split', args: {} } } as const;
    expect(world.command(undo)).toBeNull();
    expect(world.state.session).toMatchObject({ state: 'active', end: null });
    expect(world.state.session.split).toBeUndefined();
    const stops = [...world.outbox.values()].flatMap((one) => (one.kind === 'stop-session' ? one.stops : []));
    expect(stops).toEqual(['cat-a', 'cat-b']);
    world.settle();
    expect(world.round).toMatchObject({ number: 3, state: 'open' });
    expect(world.command(undo)?.code).toBe('unknown');
  });

  it('writes nobody into the audit with their camp', () => {
    const world = settled(divided());
    splitIt(world);
    const branch = ofCamp(world, 'B');
    branch.command({ name: 'taste', camp: 'B' }, 'member', 'l0');
    const acts = branch.rows.flatMap((row) => (row.table === 'act' ? [row.row] : []));
    expect(acts.slice(-2).map(({ command, args }) => [command, Object.keys(args)])).toEqual([
      ['split', ['into']],
      ['taste', []],
    ]);
  });
});

describe('who is of a camp', () => {
  it('counts there from now on when they move, and rounds that had closed stay as they were', () => {
    const world = settled(divided());
    splitIt(world);
    const a = ofCamp(world, 'A');
    vote(a, [...left, 'r0'], '123', '123');
    expect(marksOf(a.state, a.round, 'r0')).toBe('other-camp');
    a.command({ name: 'close' });
    a.settle((effect) => effect.kind === 'generate');
    const first = a.state.rounds[0]!;
    expect(first.outcome).toMatchObject({ voters: 5, excluded: [{ reason: 'other-camp', count: 1 }] });
    a.settle();
    a.now += 1;
    expect(a.command({ name: 'taste', camp: 'A' }, 'member', 'r0')).toBeNull();
    vote(a, ['r0'], '', '1');
    expect(marksOf(a.state, a.round, 'r0')).toBe('count');
    expect(marksOf(a.state, first, 'r0')).toBe('other-camp');
    // Told anew for another reason it comes to the same.
    a.command({ name: 'exclude', voter: 'l4' });
    expect(a.state.rounds[0]!.outcome).toMatchObject({ voters: 4 });
  });

  it('is refused the camp that is theirs, a move in a session that was not split, and one without consent', () => {
    const world = settled(divided());
    const go = (where: World, camp: Camp, key: string) =>
      where.command({ name: 'taste', camp }, 'member', key)?.code ?? null;
    expect(go(world, 'A', 'l0')).toBe('unknown');
    splitIt(world);
    const b = ofCamp(world, 'B');
    expect([go(b, 'A', 'l0'), go(b, 'B', 'l0'), go(b, 'B', 'stranger')]).toEqual([
      'unknown',
      null,
      'no-consent',
    ]);
    // Also from the session that was split, which has ended.
    expect(go(world, 'B', 'l1')).toBeNull();
  });

  it('counts in that camp alone, whatever random people marked and however they moved', () => {
    const world = settled(divided());
    splitIt(world);
    const a = ofCamp(world, 'A');
    const b = ofCamp(world, 'B');
    const id = splitId(world.state.session.split!);
    const people = [...left, ...right];
    for (const branch of [a, b]) vote(branch, people, '12', '34');
    const close = a.now;
    const life = fc.record({
      person: fc.constantFrom('+one', '+two', null),
      moves: fc.array(
        fc.record({ camp: fc.constantFrom<Camp>('A', 'B'), since: fc.integer({ min: -3, max: 3 }) }),
        {
          maxLength: 3,
        },
      ),
      excluded: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(life, { minLength: 9, maxLength: 9 }), fc.boolean(), (lives, closed) => {
        // No two moves at one time: nothing tells which was last.
        const moves = lives.map((one, i) =>
          one.moves
            .map(({ camp, since }, j) => ({ camp, since: since * 100 + i * 5 + j - 50 }))
            .sort((x, y) => x.since - y.since),
        );
        const voters = new Map(
          people.map((key, i): [string, Voter] => {
            const own = moves[i]!.map(({ camp, since }) => ({ camp, since: close + since }));
            const row = {
              ...world.state.voters.get(key)!,
              person: lives[i]!.person,
              excluded: lives[i]!.excluded,
            };
            return [key, { ...row, camps: own.length > 0 ? { [id]: own } : {} }];
          }),
        );
        const names = lives.map(({ person }, i) => person ?? people[i]!);
        const accounts = (name: string) => names.flatMap((one, i) => (one === name ? [i] : []));
        const campOfPerson = (name: string): Camp | undefined =>
          accounts(name)
            .flatMap((i) => moves[i]!)
            .filter(({ since }) => !closed || since <= 0)
            .sort((x, y) => y.since - x.since)[0]?.camp;
        for (const [camp, branch] of [
          ['A', a],
          ['B', b],
        ] as const) {
          const state = { ...branch.state, voters };
          const whole = { ...state, session: { ...state.session, split: undefined } };
          const round = { ...branch.round, closedAt: closed ? close : null };
          const wanted = countedIn(whole, round).voterBallots.filter(
            ({ voter }) => (campOfPerson(voter) ?? camp) === camp,
          );
          if (wanted.length === 1) continue;
          expect(countedIn(state, round).voterBallots).toEqual(wanted);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function inTwoChannels(world: World): World {
  world.join(placeOn('slack'));
  return settled(world);
}

function campOfSplit(world: World): World {
  splitIt(settled(world));
  return ofCamp(world, 'A');
}

function settled(world: World): World {
  world.settle();
  return world;
}
