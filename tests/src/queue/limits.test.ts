/**
 * What crosses between bot and engines has one measure: the largest that a schema takes fits into its
 * envelope, with room.
 */
import { expect, it, test } from 'vitest';
import { Envelopes } from '../../../src/queue/envelope.js';
import { feedbackSchema, jobSchemas } from '../../../src/queue/jobs.js';
import { beatSchema, needSchema } from '../../../src/queue/matching/ability.js';
import { answerSchema, saidSchema, wordSchema } from '../../../src/queue/redis/wire.js';
import { folderSchema } from '../../../src/queue/transport/folder-mark.js';
import { madeSchema } from '../../../src/queue/transport/found-results.js';

const envelopes = new Envelopes('k'.repeat(32));
const hash = 'f'.repeat(64);
/** Sessions are called by their title's first letters; nothing bounds what other programs call theirs. */
const job = `${'s'.repeat(200)}.1000.generate.10`;
const folder = '01234567-89ab-4def-8123-456789abcdef';
const delivery = 2 ** 47;
const nonce = folder;
const engine = 'e'.repeat(80);
/** A number with as many digits as one has. */
const long = -1.2345678901234567e-123;
const names = (n: number) => Array.from({ length: n }, () => hash);
/** What people may be told: every character of it becomes longer twice on its way. */
const words = Array.from({ length: 100 }, () => '"'.repeat(2000));

const progress = {
  stage: 'sample',
  done: long,
  total: long,
  secondsLeft: long,
  preview: 'QUJD'.repeat(105_000),
};
const learned = {
  steps: 100_000,
  losses: Array.from({ length: 100_000 }, () => long),
  learned: true,
  notes: words,
  seconds: long,
  memoryMb: 1e6,
  device: 'webgpu',
};
const image = {
  index: 1023,
  file: `images/${'i'.repeat(190)}`,
  width: 1 << 14,
  height: 1 << 14,
  held: false,
  safety: { score: long, held: false, redrawn: 20 },
};
const drawn = {
  images: Array.from({ length: 1024 }, () => image),
  notes: words,
  seconds: long,
  memoryMb: 1e6,
  device: 'webgpu',
};
const answer = (result: unknown) => ({
  job,
  nonce,
  delivery,
  engine,
  outcome: { type: 'done', result, artifact: hash },
});

test.each([
  ['progress with a preview', 'word', saidSchema, { nonce, delivery, said: { type: 'progress', progress } }],
  [
    'what holds a job up',
    'word',
    saidSchema,
    {
      nonce,
      delivery,
      said: { type: 'held', why: { code: 'no-bucket', message: '"'.repeat(500) } },
    },
  ],
  ['what is to be forgotten', 'word', wordSchema, { type: 'forget', artifacts: names(200) }],
  [
    'a beat',
    'beat',
    beatSchema,
    {
      ...{ engine, device: 'webgpu', memoryMb: 1e6, draining: false, count: 2 ** 53 - 1 },
      models: names(500),
      folder,
    },
  ],
  ['the mark of a folder', 'folder', folderSchema, { folder }],
  [
    'what a job needs',
    'need',
    needSchema,
    {
      ...{ models: names(40), memoryMb: 1e6, folder, attempts: 100 },
      not: Array.from({ length: 200 }, () => engine),
    },
  ],
  ['an answer with the losses of a round', 'answer', answerSchema, answer(learned)],
  ['an answer with the pictures of a round', 'answer', answerSchema, answer(drawn)],
  ['a note of them', 'made', madeSchema, { identity: hash, delivery, artifact: hash, result: drawn }],
] as const)('the largest fits: %s', (_, purpose, schema, value) => {
  expect(schema.safeParse(value).success).toBe(true);
  expect(envelopes.open<unknown>(purpose, envelopes.close(purpose, value), schema)).toEqual(value);
});

it('knows the largest: one more of anything is not of the schema', () => {
  const said = {
    nonce,
    delivery,
    said: { type: 'progress', progress: { ...progress, preview: 'QUJD'.repeat(105_001) } },
  };
  expect(saidSchema.safeParse(said).success).toBe(false);
  expect(wordSchema.safeParse({ type: 'forget', artifacts: names(201) }).success).toBe(false);
  expect(jobSchemas.learn.result.safeParse(learned).success).toBe(true);
  expect(jobSchemas.learn.result.safeParse({ ...learned, losses: [...learned.losses, 0] }).success).toBe(
    false,
  );
  expect(jobSchemas.generate.result.safeParse(drawn).success).toBe(true);
  expect(jobSchemas.generate.result.safeParse({ ...drawn, images: [...drawn.images, image] }).success).toBe(
    false,
  );
});

it('a label weighs nothing or something, never less than nothing', () => {
  const labelled = (weight: number) => ({ images: [{ index: 0, good: 1, weight }], best: null });
  const taken = [0, 0.5, 1, 7, -0.5].map((weight) => feedbackSchema.safeParse(labelled(weight)).success);
  expect(taken).toEqual([true, true, true, true, false]);
});
