/** Figures by hand: what is told of a round that has not begun. */
import { expect, it } from 'vitest';
import type { SessionState } from '../../../src/domain/state/model.js';
import type { Round } from '../../../src/domain/state/round.js';
import { roundTime } from '../../../src/domain/state/round-time.js';
import { World } from '../../support/world.js';

const base = new World({ imagesPerRound: 4 }).state;

function session(model: string, learner: string, rounds: Partial<Round>[]): SessionState {
  const rows = rounds.map((row, i) => ({ ...base.rounds[0]!, createdAt: i, count: 4, ...row }));
  const sampler = { ...base.session.sampler, steps: 10 };
  return { ...base, session: { ...base.session, model, learner: { name: learner }, sampler }, rounds: rows };
}

const learned = (seconds: number, memoryMb?: number) => ({
  steps: 1,
  learned: true,
  notes: [],
  seconds,
  ...(memoryMb === undefined ? {} : { memoryMb }),
});
const kind = { model: 'mini', images: 8, steps: 20, learner: 'acclaim' };

it('scales the drawing by images and steps, and tells learning as the same learner did', () => {
  const state = session('mini', 'acclaim', [
    { drawn: { seconds: 2, memoryMb: 300 }, learned: learned(30, 500) },
    { drawn: { seconds: 4, memoryMb: 200 }, learned: learned(10) },
    { drawn: { seconds: 3 }, learned: { ...learned(99), learned: false } },
  ]);
  // Median 3 s of 4 images and 10 steps = 0.075 s each; 8 x 20 of them are 12 s. Learning: the median of 30
  // and 10.
  expect(roundTime([state], kind)).toEqual({ draw: 12, learn: 20, memory: 500, rounds: 3 });
  expect(roundTime([state], { ...kind, learner: 'hero' })).toMatchObject({ draw: 12, learn: null });
});

it('tells what a whole round takes where minutes left fewer steps', () => {
  const plan = { minutes: 1, seconds: 9, steps: 5, images: 4, wanted: { steps: 10, images: 8 } };
  const state = session('mini', 'acclaim', [{ drawn: { seconds: 2, plan } }]);
  // 2 s of 4 images and 5 steps = 0.1 s each; 8 x 20 of them are 16 s.
  expect(roundTime([state], kind)).toMatchObject({ draw: 16 });
});

it('goes by the newest five rounds of the model, whichever session they are of', () => {
  const old = session(
    'mini',
    'hero',
    Array.from({ length: 9 }, () => ({ drawn: { seconds: 1000 } })),
  );
  const fresh = session(
    'mini',
    'hero',
    [4, 4, 4, 4, 4].map((seconds, i) => ({ createdAt: 100 + i, drawn: { seconds } })),
  );
  expect(roundTime([old, fresh], kind)).toMatchObject({ draw: 16, rounds: 5 });
});

it('knows nothing of a model that drew nothing yet', () => {
  const other = session('sd15', 'acclaim', [{ drawn: { seconds: 9 } }, {}]);
  expect(roundTime([other], kind)).toBeNull();
  expect(roundTime([session('mini', 'acclaim', [{}])], kind)).toBeNull();
});
