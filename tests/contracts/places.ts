/**
 * The conformance suite of places (src/queue/transport/transport.ts): a function that each way of getting
 * artifacts between bot and engine is put through. Both ends have their own folders unless the harness says
 * that they share one.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BotTransport, EngineTransport, Models, Payload } from '../../src/queue/transport/transport.js';

export interface PlacesHarness {
  bot: BotTransport;
  engine: EngineTransport;
}

const model = 'a'.repeat(64);
/** The bot has the model here, the engine there. */
export const botModels: Models = { hash: async () => model, find: () => '/bot/model' };
export const engineModels: Models = {
  hash: async () => model,
  find: (hash) => (hash === model ? '/engine/model' : undefined),
};

const never = new AbortController().signal;

export function fill(dir: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

export function placesContract(
  name: string,
  /** `botDir`, `engineDir`: data folders of the two ends, empty. */
  open: (botDir: string, engineDir: string) => Promise<PlacesHarness>,
): void {
  describe(name, () => {
    let dir: string;
    let data: string;
    let ends: PlacesHarness;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'acclaim-places-'));
      data = join(dir, 'bot');
      mkdirSync(data);
      ends = await open(data, join(dir, 'engine'));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const learn = (): Payload => ({
      session: 's',
      round: 2,
      model: '/bot/model',
      roundDir: join(data, 'sessions/s/rounds/2'),
      checkpoint: join(data, 'sessions/s/checkpoints/1'),
      out: join(data, 'sessions/s/checkpoints/2'),
    });
    const inputs = () => {
      fill(join(data, 'sessions/s/rounds/2'), { 'manifest.json': 'm', 'images/0000.png': 'picture' });
      fill(join(data, 'sessions/s/checkpoints/1'), { 'adapter.safetensors': 'first' });
    };
    const cross = async (payload: Payload, delivery: number): Promise<Payload> => {
      await ends.bot.prepare('learn', payload, never);
      const packed = await ends.bot.pack('learn', payload, delivery);
      expect(packed.models).toEqual([model]);
      expect(JSON.stringify(packed.payload), 'no path of this machine crosses').not.toContain(dir);
      return ends.engine.unpack('learn', JSON.parse(JSON.stringify(packed.payload)), never);
    };

    it('a list of rounds crosses as a list, in its order, and null as null', async () => {
      const rounds = ['2', '1', '3'].map((name) => join(data, 'sessions/s/rounds', name));
      for (const dir of rounds) fill(dir, { 'manifest.json': dir });
      const payload = {
        session: 's',
        judge: null,
        base: rounds.slice(0, 2),
        tuned: rounds.slice(2),
      };
      await ends.bot.prepare('measure', payload, never);
      const packed = await ends.bot.pack('measure', payload, 1);
      expect(packed.models).toEqual([]);
      expect(JSON.stringify(packed.payload), 'no path of this machine crosses').not.toContain(dir);
      const words = JSON.parse(JSON.stringify(packed.payload));
      const there = await ends.engine.unpack('measure', words, never);
      const read = (dirs: unknown) =>
        (dirs as string[]).map((one) => readFileSync(join(one, 'manifest.json'), 'utf8'));
      expect([...read(there.base), ...read(there.tuned)]).toEqual(rounds);
      expect(there.judge).toBeNull();
      expect(there.checkpoint).toBeUndefined();
      const judged = await ends.bot.pack('measure', { ...payload, judge: '/bot/model' }, 1);
      expect(judged.payload.judge).toBe(`model:${model}`);
    });

    it('an engine reads what the bot has, and the bot gets what the engine wrote', async () => {
      inputs();
      const there = await cross(learn(), 1);
      expect(there).toMatchObject({ session: 's', round: 2, model: '/engine/model' });
      expect(readFileSync(join(String(there.roundDir), 'images/0000.png'), 'utf8')).toBe('picture');
      expect(readFileSync(join(String(there.checkpoint), 'adapter.safetensors'), 'utf8')).toBe('first');
      fill(String(there.out), { 'adapter.safetensors': 'second', 'deep/er': 'file' });
      const artifact = await ends.engine.deliver('learn', there, never);
      const out = join(data, 'sessions/s/checkpoints/2');
      expect(existsSync(out), 'nobody sees it before it is taken').toBe(false);
      await ends.bot.keep('learn', learn(), { delivery: 1, artifact }, never);
      expect(readFileSync(join(out, 'adapter.safetensors'), 'utf8')).toBe('second');
      expect(readFileSync(join(out, 'deep/er'), 'utf8')).toBe('file');
      expect(readdirSync(dirname(out)).sort(), 'nothing else is left').toEqual(['1', '2']);
    });

    it('of two deliveries the one that is taken counts, and the other leaves nothing', async () => {
      inputs();
      const first = await cross(learn(), 1);
      const second = await cross(learn(), 2);
      fill(String(first.out), { a: 'first' });
      fill(String(second.out), { a: 'second' });
      await ends.engine.deliver('learn', first, never);
      const artifact = await ends.engine.deliver('learn', second, never);
      await ends.bot.keep('learn', learn(), { delivery: 2, artifact }, never);
      const out = join(data, 'sessions/s/checkpoints/2');
      expect(readFileSync(join(out, 'a'), 'utf8')).toBe('second');
      expect(readdirSync(dirname(out)).sort()).toEqual(['1', '2']);
    });

    it('a retried job of the same bytes replaces what was there', async () => {
      inputs();
      for (const delivery of [1, 2]) {
        const there = await cross(learn(), delivery);
        fill(String(there.out), { a: 'same' });
        const artifact = await ends.engine.deliver('learn', there, never);
        await ends.bot.keep('learn', learn(), { delivery, artifact }, never);
      }
      expect(readFileSync(join(data, 'sessions/s/checkpoints/2/a'), 'utf8')).toBe('same');
    });

    it('a first round reads nothing', async () => {
      const payload: Payload = {
        model: '/bot/model',
        checkpoint: null,
        safety: { checker: '/bot/checker', bound: 0 },
        decoder: { tiny: '/bot/tiny', rounds: true },
        sampler: { steps: 4, stack: [{ file: '/bot/lora', weight: 1 }] },
        out: join(data, 'sessions/s/rounds/1'),
      };
      await ends.bot.prepare('generate', payload, never);
      const packed = await ends.bot.pack('generate', payload, 1);
      expect(packed.models).toEqual([model, model, model, model]);
      const there = await ends.engine.unpack('generate', packed.payload, never);
      expect(there).toMatchObject({ checkpoint: null, safety: { checker: '/engine/model', bound: 0 } });
      expect(there.decoder).toEqual({ tiny: '/engine/model', rounds: true });
      expect(there.sampler).toEqual({ steps: 4, stack: [{ file: '/engine/model', weight: 1 }] });
      // A decoder of previews stays behind: an engine without it does as well.
      const watched = { ...payload, decoder: { tiny: '/bot/tiny', rounds: false } };
      const light = await ends.bot.pack('generate', watched, 1);
      expect([light.models, light.payload.decoder]).toEqual([
        [model, model, model],
        { tiny: null, rounds: false },
      ]);
      fill(String(there.out), { a: 'one' });
      ends.engine.discard('generate', there);
      expect(existsSync(String(there.out))).toBe(false);
    });

    it('bytes that changed on their way are not taken', async () => {
      inputs();
      const there = await cross(learn(), 1);
      fill(String(there.out), { a: 'what the engine wrote' });
      await ends.engine.deliver('learn', there, never);
      const made = { delivery: 1, artifact: 'b'.repeat(64) };
      await expect(ends.bot.keep('learn', learn(), made, never)).rejects.toMatchObject({
        code: expect.stringMatching(/^artifact-(corrupt|missing)$/),
      });
      expect(existsSync(join(data, 'sessions/s/checkpoints/2'))).toBe(false);
    });

    it('words that lead outside are refused at both ends', async () => {
      inputs();
      await expect(ends.bot.pack('learn', { ...learn(), out: '/etc/passwd' }, 1)).rejects.toMatchObject({
        code: 'job-invalid',
      });
      await ends.bot.prepare('learn', learn(), never);
      const { payload } = await ends.bot.pack('learn', learn(), 1);
      for (const wrong of [
        { out: 'data:../../up' },
        { out: 'data:' },
        { out: '/etc' },
        { roundDir: 'data:../up' },
        { roundDir: 'artifact:../../up' },
        { roundDir: '/etc' },
      ])
        await expect(
          (async () => ends.engine.unpack('learn', { ...payload, ...wrong }, never))(),
        ).rejects.toMatchObject({ code: 'job-invalid' });
      await expect(
        ends.engine.unpack('learn', { ...payload, model: `model:${'c'.repeat(64)}` }, never),
      ).rejects.toMatchObject({ code: 'model-not-found' });
    });
  });
}
