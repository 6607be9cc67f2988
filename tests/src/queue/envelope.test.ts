/**
 * Envelopes: what was signed with the shared key is opened, for its purpose alone; everything else is refused
 * by its code.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Envelopes } from '../../../src/queue/envelope.js';
import { jobSchemas } from '../../../src/queue/jobs.js';
import { ENVELOPE_BYTES } from '../../../src/queue/limits.js';
import { beatSchema } from '../../../src/queue/matching/ability.js';
import { openAnswer, reasonWith } from '../../../src/queue/redis/answers.js';
import { answerSchema } from '../../../src/queue/redis/wire.js';

const key = 'k'.repeat(32);
const ours = new Envelopes(key);
const schema = z.object({ n: z.number() });
const refused = (why: string) =>
  expect.objectContaining({ code: 'job-invalid', message: expect.stringContaining(why) });
const open = (text: unknown, by = ours) => {
  try {
    return by.open('job', text, schema);
  } catch (error) {
    return error;
  }
};

/** HMAC-SHA256 as FIPS 198-1 writes it, of a key below the block of 64 bytes. */
function hmac(secret: string, text: string): string {
  const pad = (byte: number) => {
    const block = Buffer.alloc(64, byte);
    for (const [i, b] of Buffer.from(secret).entries()) block[i]! ^= b;
    return block;
  };
  const sha = (...parts: (Buffer | string)[]) =>
    parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
  return sha(pad(0x5c), sha(pad(0x36), text)).toString('hex');
}

describe('an envelope', () => {
  it('opens to what was closed in it, signed over its purpose and its text', () => {
    const text = ours.close('job', { n: 1 });
    expect(open(text)).toEqual({ n: 1 });
    expect(JSON.parse(text)).toEqual({ body: '{"n":1}', mac: hmac(key, 'acclaim job\n{"n":1}') });
  });

  it('of another key, another purpose, changed, or with a signature cut off is not opened', () => {
    const why = refused('not signed with the key of this side');
    const text = ours.close('job', { n: 1 });
    const { body, mac } = JSON.parse(text);
    expect(open(new Envelopes('x'.repeat(32)).close('job', { n: 1 }))).toEqual(why);
    expect(open(ours.close('answer', { n: 1 }))).toEqual(why);
    expect(open(JSON.stringify({ body: '{"n":2}', mac }))).toEqual(why);
    for (const cut of ['', mac.slice(0, 63), `${mac}0`, mac.toUpperCase()])
      expect(open(JSON.stringify({ body, mac: cut }))).toEqual(why);
  });

  it('that is unsigned is not taken where there is a key, nor a signed one where there is none', () => {
    const unsigned = new Envelopes(null);
    const why = refused('not signed with the key of this side');
    expect(open(unsigned.close('job', { n: 1 }))).toEqual(why);
    expect(open(ours.close('job', { n: 1 }), unsigned)).toEqual(why);
    expect(open(unsigned.close('job', { n: 1 }), unsigned)).toEqual({ n: 1 });
  });

  it('is bounded at both ends', () => {
    const big = { n: 1, more: 'x'.repeat(4 << 20) };
    expect(() => ours.close('job', big)).toThrow(/too big to cross Redis/);
    const body = JSON.stringify(big);
    const text = JSON.stringify({ body, mac: hmac(key, `acclaim job\n${body}`) });
    expect(open(text)).toEqual(refused('too big'));
    expect(() => ours.close('word', { n: 'x'.repeat(460_000) })).toThrow(/too big/);
    // To the byte.
    const room = ENVELOPE_BYTES.folder - Buffer.byteLength(ours.close('folder', { n: '' }));
    const full = ours.close('folder', { n: 'x'.repeat(room) });
    expect(ours.open('folder', full, z.object({ n: z.string() })).n).toHaveLength(room);
    expect(() => ours.close('folder', { n: 'x'.repeat(room + 1) })).toThrow(/too big/);
  });

  it('that is no text, no JSON, no envelope or not of its schema is refused with a code, whatever it is', () => {
    const signed = (body: string) => JSON.stringify({ body, mac: hmac(key, `acclaim job\n${body}`) });
    for (const text of [undefined, null, 7, {}, Buffer.from('{}')])
      expect(open(text)).toEqual(refused('no text'));
    for (const text of ['', '{', '\0', 'NaN']) expect(open(text)).toEqual(refused('no JSON'));
    for (const text of ['null', '[]', '"x"', '{}', '{"body":1,"mac":""}'])
      expect(open(text)).toEqual(refused('no envelope'));
    expect(open(signed('{"n":'))).toEqual(refused('no JSON'));
    expect(open(signed('{"n":"1"}'))).toEqual(refused('n'));
    expect(open(signed('['.repeat(100_000)))).toEqual(refused('no JSON'));
    expect(open(signed(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toEqual(refused('job'));
    expect(open(signed('{"n":1,"__proto__":{"n":2}}'))).toEqual({ n: 1 });
    expect(({} as { n?: number }).n).toBeUndefined();
  });
});

it('beats and answers of other shapes are refused', () => {
  const beat = { engine: 'e', device: 'cpu', memoryMb: 1, models: [], draining: false, count: 1 };
  expect(beatSchema.safeParse(beat).success).toBe(true);
  for (const wrong of [
    { engine: 'a:b' },
    { memoryMb: 0 },
    { models: ['x'] },
    { count: 0 },
    { count: undefined },
  ])
    expect(beatSchema.safeParse({ ...beat, ...wrong }).success).toBe(false);
  const outcome = { type: 'failed', error: { code: 'cancelled', message: 'm', hint: '' } };
  const answer = { job: 'j', nonce: 'n', delivery: 1, engine: 'e', outcome };
  expect(answerSchema.safeParse(answer).success).toBe(true);
  expect(answerSchema.safeParse({ ...answer, outcome: { type: 'stolen' } }).success).toBe(false);
});

it('an answer counts for its job alone, and for one giving out of it, signed though it is', () => {
  const outcome = { type: 'done', result: {}, artifact: null } as const;
  const answer = { job: 'a.1.score.1', nonce: 'newest', delivery: 1, engine: 'e', outcome };
  const sealed = ours.close('answer', answer);
  const { job, nonce } = answer;
  expect(openAnswer(ours, { job, nonce }, sealed)).toEqual(answer);
  expect(openAnswer(ours, { job, nonce }, reasonWith('a reason\nin lines', sealed))).toEqual(answer);
  for (const asked of [
    { job, nonce: 'before' },
    { job: 'b.1.score.1', nonce },
  ])
    expect(() => openAnswer(ours, asked, sealed)).toThrow(refused('it answers something else'));
});

it('results that name a file elsewhere, or more than can be, are refused', () => {
  const image = { index: 0, file: 'images/0000.png', width: 64, height: 64 };
  const of = (more: object) =>
    jobSchemas.generate.result.safeParse({ images: [{ ...image, ...more }], seconds: 1, device: 'cpu' })
      .success;
  expect(of({})).toBe(true);
  for (const file of [
    '../0.png',
    'images/../../0.png',
    '/etc/passwd',
    'C:\\x.png',
    'images//0.png',
    '',
    'a/..',
    '~/x',
  ])
    expect([file, of({ file })]).toEqual([file, false]);
  for (const wrong of [{ index: -1 }, { width: 0 }, { width: 1e6 }, { height: 1.5 }, { width: Number.NaN }])
    expect(of(wrong)).toBe(false);
  const learned = { steps: 1, losses: [], learned: true, notes: ['x'], seconds: 1, device: 'cpu' };
  expect(jobSchemas.learn.result.safeParse(learned).success).toBe(true);
  expect(jobSchemas.learn.result.safeParse({ ...learned, notes: ['x'.repeat(2001)] }).success).toBe(false);
});
