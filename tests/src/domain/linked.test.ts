/**
 * Who counts and who is new of people with several accounts, by the rules of docs/pools.md and docs/votes.md
 * written out once more: excluded as soon as one account is, counting as soon as one agreed and was let in
 * before the close, new only while all are.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Voter } from '../../../src/domain/state/model.js';
import { newcomers } from '../../../src/domain/voting/newcomers.js';
import { counts, marksOf } from '../../../src/domain/voting/who-counts.js';
import { World } from '../../support/world.js';

const DAY = 86_400_000;
const account = fc.record({
  person: fc.constantFrom('+one', '+two', null),
  agreed: fc.boolean(),
  pseudonym: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  excluded: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  trusted: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  rounds: fc.constantFrom(2, 3),
  bornDays: fc.constantFrom(null, 29, 30, 900),
  joinedDays: fc.constantFrom(null, 13, 14, 900),
  /** Vouched for so many hours after the close; never, or there was no need to. */
  admitted: fc.constantFrom('never', 'no need', -1, 0, 1),
});
type Account = typeof account extends fc.Arbitrary<infer T> ? T : never;

it('a person is excluded by one account, counts by one that agreed and was let in, and is new by all alone', () => {
  const world = new World({ imagesPerRound: 4 }, false);
  world.consent('old');
  const old = { ...world.state.voters.get('old')!, rounds: 10, consentAt: world.now - 900 * DAY };
  const closedAt = world.now;
  const round = { ...world.round, closedAt };
  const rowOf = (one: Account, key: string): Voter => ({
    ...{ ...old, key, person: one.person, pseudonym: one.pseudonym, excluded: one.excluded },
    ...{ trusted: one.trusted, rounds: one.rounds, consentAt: one.agreed ? closedAt - DAY : null },
    bornAt: one.bornDays === null ? null : closedAt - one.bornDays * DAY,
    joinedAt: one.joinedDays === null ? null : closedAt - one.joinedDays * DAY,
    ...(one.admitted === 'never' && { waits: true }),
    ...(typeof one.admitted === 'number' && { admittedAt: closedAt + one.admitted }),
  });
  fc.assert(
    fc.property(fc.array(account, { minLength: 1, maxLength: 5 }), (all) => {
      const people = all.map((one, i): [string, Account] => [one.person ?? `key${i}`, one]);
      // Enough who have been there for long that the bars are the configured ones: 30 days, 14 days, 3 rounds.
      const elders = [0, 1, 2].map((i): [string, Voter] => [`old${i}`, { ...old, key: `old${i}` }]);
      const rows = all.map((one, i): [string, Voter] => [`key${i}`, rowOf(one, `key${i}`)]);
      const state = { ...world.state, voters: new Map([...elders, ...rows]) };
      const isNew = newcomers(state, closedAt, 3);
      for (const [i, [person]] of people.entries()) {
        const own = people.flatMap(([name, one]) => (name === person ? [one] : []));
        const isExcluded = own.some(({ excluded }) => excluded);
        const isIn = own.some(
          ({ agreed, pseudonym, admitted }) =>
            (agreed || pseudonym) && admitted !== 'never' && admitted !== 1,
        );
        expect(counts(state, round, person)).toBe(isIn && !isExcluded);
        const becomes = isExcluded ? 'excluded' : isIn ? 'count' : 'waits';
        expect(marksOf(state, round, `key${i}`)).toBe(becomes);
        const isKnown = ({ trusted, rounds, bornDays, joinedDays, admitted }: Account) =>
          trusted ||
          (rounds >= 3 &&
            (typeof admitted === 'number' || (bornDays ?? 30) >= 30) &&
            (joinedDays ?? 14) >= 14);
        expect(isNew(person)).toBe(!own.some(isKnown));
      }
    }),
    { numRuns: 200, seed: 16 },
  );
});
