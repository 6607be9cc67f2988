/** Simulated crowds: who comes, what they mark, and that undrawn rounds go through the rules of real ones. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import { areaUnderRoc } from '../../bot/simulate/crowd/figures.js';
import { attackedIn, marksOf } from '../../bot/simulate/crowd/marks.js';
import { attackers, madePictures, peopleOf } from '../../bot/simulate/crowd/people.js';
import { playRounds } from '../../bot/simulate/crowd/rounds.js';
import { measureCrowd, simulateUndrawn } from '../../bot/simulate/crowd/undrawn.js';
import { CrowdVoters } from '../../bot/simulate/crowd/voters.js';
import { guardButtons, guardLines, weightsOf } from '../../bot/views/guards.js';
import { type Crowd, crowdNames, loadCrowd } from '../../src/config/crowds.js';
import { decide } from '../../src/domain/decide.js';
import { apply } from '../../src/domain/state/apply.js';
import type { Act } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot, GuardAct } from '../../src/domain/state/round.js';
import { defaultGuards, defaultRules } from '../../src/domain/state/rules.js';
import { finish } from '../../src/domain/state/steps.js';
import { judgeRound } from '../../src/domain/voting/feedback.js';
import { parting } from '../../src/domain/voting/taste/parting.js';
import type { Vote } from '../../src/domain/voting/vote.js';
import { told } from '../../src/words/tell.js';
import { person } from '../support/world.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-crowds-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const fileOf = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};

const round = (name: string, number: number, seed = 3) => {
  const crowd = loadCrowd(name);
  const people = peopleOf(crowd, seed, 20);
  const pictures = madePictures(crowd, seed, number);
  const all = pictures.map(({ index }) => index);
  const sheets = [all.slice(0, 9), all.slice(9)];
  return { crowd, people, seed, round: number, pictures, sheets };
};

describe('crowds', () => {
  it('are twelve or more by name, half of them hostile at most by three of ten', () => {
    const crowds = crowdNames().map(loadCrowd);
    expect(crowds.length).toBeGreaterThanOrEqual(12);
    for (const { attack } of crowds.filter(({ attack }) => attack?.share)) expect(attack!.share).toBe(0.3);
    // 7 of 23 who vote: 16 of the 40 come.
    expect(attackers(loadCrowd('brigade'))).toBe(7);
    expect(crowds.filter(({ attack }) => attack).length).toBeGreaterThanOrEqual(6);
  });

  it('of one’s own are read from a file, and a wrong one is refused by what is wrong in it', () => {
    const own = fileOf('own.yaml', 'about: three\npeople: { count: 3, active: 1 }\n');
    expect(peopleOf(loadCrowd(own), 1, 5)).toHaveLength(3);
    const wrong = fileOf(
      'wrong.yaml',
      'about: x\npeople: { count: 3 }\nattack: { accounts: aged, minutes: 1, does: stuff }\n',
    );
    expect(() => loadCrowd(wrong)).toThrow(/give count or share/);
    expect(() => loadCrowd('nobody')).toThrow(/there is no crowd "nobody"/);
  });

  it('mark the same again for the same seed, and nobody’s marks depend on who else is there', () => {
    const one = round('camouflaged', 2);
    expect(marksOf(one)).toEqual(marksOf(one));
    const fewer = { ...one, people: one.people.slice(5) };
    const of = (marks: ReturnType<typeof marksOf>) => marks.filter(({ person }) => person.name === 'h0007');
    expect(of(marksOf(fewer))).toEqual(of(marksOf(one)));
    expect(marksOf(round('camouflaged', 2, 4))).not.toEqual(marksOf(one));
  });

  it('attack a bad picture from their round on, with a star of each attacker', () => {
    expect(attackedIn(round('camouflaged', 6))).toBeNull();
    const whole = round('camouflaged', 7);
    const attacked = attackedIn(whole)!;
    expect(whole.pictures[attacked]!.good).toBe(false);
    const sheet = attacked < 9 ? 0 : 1;
    const star = `star-${whole.sheets[sheet]!.indexOf(attacked) + 1}`;
    const starring = marksOf(whole).filter(
      (mark) => mark.sheet === sheet && mark.emoji === star && mark.person.attacker,
    );
    expect(starring).toHaveLength(attackers(whole.crowd));
  });

  it('act on the platform as they do on paper, late marks after the close', async () => {
    const platform = new FakePlatform();
    const said: string[] = [];
    await platform.start(async (event) => {
      if (event.kind === 'reaction') said.push(`${event.account.id} ${event.emoji}`);
      if (event.kind === 'command') said.push(event.text);
    });
    const post = (key: string) =>
      platform.post('c', {
        kind: 'ballot',
        key,
        title: '',
        text: '',
        pictures: [],
        reactions: [],
        buttons: [],
        progress: null,
      });
    const messages = [await post('a'), await post('b')];
    const { crowd, sheets, pictures } = round('growing', 3);
    const ballots = sheets.map(
      (cells, sheet) => ({ sheet, cells, message: messages[sheet]!.message }) as unknown as Ballot,
    );
    const voters = new CrowdVoters({ platform, channel: 'c', crowd, seed: 3, rounds: 20 });
    await voters.vote(3, ballots, [pictures.map(({ index, good }) => ({ index, good, score: 0 }))]);
    const close = said.indexOf('round close');
    expect(close).toBeGreaterThan(20);
    expect(close).toBeLessThan(said.length - 1);
  });
});

describe('undrawn rounds', () => {
  it('are the same for the same seed, and closed by the real rules', () => {
    const play = () => [
      ...playRounds({ crowd: loadCrowd('growing'), seed: 5, rules: defaultRules, rounds: 4 }),
    ];
    const [one, again] = [play(), play()];
    const labels = (rounds: typeof one) => rounds.map(({ judgement }) => judgement);
    expect(labels(again)).toEqual(labels(one));
    expect(one.map(({ judgement }) => judgement.outcome.method)).toEqual(Array(4).fill('dawid-skene'));
    expect(
      one.some(({ judgement }) => judgement.outcome.excluded.some(({ reason }) => reason === 'late')),
    ).toBe(true);
  });

  it('tell what guards hold: without any, twelve puppets crown their picture nearly always', () => {
    const off = measureCrowd(loadCrowd('puppets-aged'), [1, 2], 5, { ...defaultGuards, from: 1e9 });
    const on = measureCrowd(loadCrowd('puppets-aged'), [1, 2], 5, defaultGuards);
    expect([off.attacked, on.attacked]).toEqual([10, 10]);
    expect(off.crowned).toBeGreaterThan(7);
    expect(on.crowned).toBeLessThanOrEqual(1);
    expect(off.cast).toBe(off.weighed);
  });

  it('are told to moderators in plain words, and trust undoes what the guards did', () => {
    const crowd = loadCrowd('puppets-aged');
    const played = [...playRounds({ crowd, seed: 2, rules: defaultRules, rounds: 7 })];
    const { state, judgement, attacked } = played.at(-1)!;
    const round = state.rounds.at(-1)!;
    const [first, ...others] = told(guardLines(state, round, judgement));
    expect(first).toMatch(/^12 accounts counted as one, .*: \*\*vx0000\*\*, .*\.$/);
    expect(others.at(-1)).toContain('**/acclaim trust VOTER** undoes');
    const puppet = weightsOf(judgement).get('x0003')!;
    expect(puppet.share).toBeLessThan(0.6);
    expect(told(puppet.why)).toContain('one of 12 that count as one');
    expect(judgement.outcome.best).not.toBe(attacked);
    // Whoever is trusted is nobody's second hand.
    const trusted = new Map(
      [...state.voters].map(([key, row]) => [key, key < 'x' ? row : { ...row, trusted: true }]),
    );
    const again = judgeRound({ ...state, voters: trusted }, round, round.closedAt!);
    expect(again.work!.hands.has('x0003')).toBe(false);
    expect(weightsOf(again).get('x0003')).toEqual({ share: 1, why: [] });
    const few = { ...state.session.rules, guards: { ...defaultGuards, from: 1000 } };
    const resting = { ...state, session: { ...state.session, rules: few } };
    expect(told(guardLines(resting, round, judgeRound(resting, round, round.closedAt!)))).toEqual([
      'With fewer than 1000 voters every vote counts as it was cast.',
    ]);
  });

  it('have their guards lifted one by one, by acts that replay, until the puppets win; undone they win no more', () => {
    const crowd = loadCrowd('puppets-aged');
    const played = [...playRounds({ crowd, seed: 2, rules: defaultRules, rounds: 7 })];
    const { state: before, judgement, attacked } = played.at(-1)!;
    const { outcome, feedback } = judgement;
    const rounds = before.rounds.map((row, i) =>
      i < before.rounds.length - 1 ? row : { ...row, state: 'done' as const, outcome, feedback },
    );
    let state: SessionState = { ...before, rounds };
    const newest = () => state.rounds.at(-1)!;
    const buttons = () => guardButtons(state, newest(), judgeRound(state, newest(), newest().closedAt!));
    const act = (act: Act) => {
      const by = person('mod', 'moderator');
      const decision = decide(state, { kind: 'command', act, by, from: null, at: newest().closedAt! + 1 });
      state = apply(state, JSON.parse(JSON.stringify(decision.rows)));
      return decision.refusal;
    };
    const round = newest().number;
    expect(newest().outcome!.guarded).toBe(true);
    for (let left = buttons(); left.length > 0; left = buttons()) {
      const guard = left[0]!.id.slice('lift-'.length) as GuardAct;
      expect(act({ name: 'lift', round, guard })).toBeNull();
      expect(act({ name: 'lift', round, guard }), 'once').not.toBeNull();
    }
    expect(newest().lifted).toEqual(expect.arrayContaining(['hands', 'best']));
    expect(newest().outcome!.best).toBe(attacked);
    for (const guard of newest().lifted!)
      act({ name: 'undo', of: { seq: 1, command: 'lift', args: { round, guard } } });
    expect(newest()).toMatchObject({ lifted: [], outcome: { best: outcome.best } });
    expect(newest().feedback, 'what was learned stays').toEqual(feedback);
  });

  it('can be those of an earlier simulation', async () => {
    const good = [true, false, false, true, false, false];
    const pictures = fileOf(
      'earlier.json',
      JSON.stringify({ rounds: [{ pictures: good.map((good, index) => ({ index, good })) }] }),
    );
    const result = await simulateUndrawn({ crowd: 'teachers', rounds: 3, seed: 1, pictures });
    expect(result).toMatchObject({ rounds: 3, pictures: 18, bad: 12, attacked: 0 });
    const none = fileOf('none.json', '{"rounds": []}');
    await expect(
      simulateUndrawn({ crowd: 'teachers', rounds: 3, seed: 1, pictures: none }),
    ).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('the area under the curve, by hand', () => {
    const scored = (scores: number[], goods: boolean[]) =>
      areaUnderRoc(scores.map((score, i) => ({ score, good: goods[i]! })));
    expect(scored([0.9, 0.5, 0.5, 0.1], [true, true, false, false])).toBe(0.875);
    expect(scored([1, 1], [true, true])).toBeNull();
  });
});

describe('camps', () => {
  const campsOf = (crowd: Crowd, seed: number) => {
    const votes: Vote[] = [];
    const session = { crowd, seed, rules: { ...defaultRules, ballots: 'sheet' as const }, rounds: 4 };
    for (const { judgement } of playRounds(session)) votes.push(...judgement.weighed.votes);
    return finish(parting(votes));
  };

  it('are found in two equal factions, and nearly everybody is in their own', () => {
    const divided = loadCrowd('factions');
    for (const seed of [2, 3, 5]) {
      const crowd = { ...divided, people: { ...divided.people, count: 12, active: 1, factions: [0.5, 0.5] } };
      const found = campsOf(crowd, seed);
      if (typeof found === 'string') throw new Error(`seed ${seed}: ${found}`);
      const people = peopleOf(crowd, seed, 4).filter(({ name }) => found.camps.has(name));
      const inA = (camp: number) =>
        people.filter((one) => one.camp === camp && found.camps.get(one.name) === 'A').length;
      const of = (camp: number) => people.filter((one) => one.camp === camp).length;
      expect(Math.abs(inA(0) / of(0) - inA(1) / of(1)), `seed ${seed}`).toBeGreaterThan(0.9);
    }
  });

  it.each(['teachers', 'lenient', 'dislikers', 'growing', 'bursts'])(
    'are found in no honest crowd: %s',
    (name) => {
      for (const seed of [1, 2]) expect(campsOf(loadCrowd(name), seed)).toBe('alike');
    },
  );
});
