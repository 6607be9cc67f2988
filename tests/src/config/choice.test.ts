/** What sessions are drawn with, as people write it: read, kept, allowed, and refused where it cannot be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../src/config/catalogue.js';
import { adaptersFor, allows, parseChoice, plainChoice } from '../../../src/config/choice.js';
import { loadConfig } from '../../../src/config/load.js';
import { checkLearnable, samplerFor } from '../../../src/config/models.js';
import { stackFor } from '../../../src/config/stack.js';
import { MINI } from '../../support/golden.js';

describe('a choice', () => {
  test('is a model with LoRAs after it, with spaces around each plus', () => {
    expect(parseChoice('sd15 + lcm-lora:1 +  style:.6')).toEqual({
      model: 'sd15',
      adapters: ['lcm-lora:1', 'style:.6'],
    });
    expect(parseChoice('./c++/model+.safetensors')).toEqual({
      model: './c++/model+.safetensors',
      adapters: [],
    });
    for (const text of ['', '  ', '+ a', 'sd15 + ', `sd15${' + a'.repeat(17)}`])
      expect(() => parseChoice(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('is kept in one form, whatever the spaces and however a weight is written', () => {
    for (const text of [
      'sd15 + lcm + style:.6',
      'sd15  + lcm:1  +  style:0.60',
      'sd15 + lcm:1.0 + style:+.6',
    ])
      expect(plainChoice(text)).toBe('sd15 + lcm + style:0.6');
  });

  test('is allowed where it is listed whole, or its model and each of its LoRAs is', () => {
    const list = ['sd15', 'lcm', 'sdxl + oil:0.5'];
    expect(['sd15', 'sd15 + lcm:.3', 'sdxl + oil:.5'].map((one) => allows(list, one))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ['sdxl', 'sdxl + oil', 'sd15 + oil:.5', 'sd15 + lcm + oil'].map((one) => allows(list, one)),
    ).toEqual([false, false, false, false]);
  });

  test('of the configured model has the configured LoRAs too, of another model its own alone', () => {
    const config = { model: 'sd15 + lcm', adapters: ['style:.6'] };
    expect(adaptersFor(config, 'sd15 + lcm')).toEqual(['lcm', 'style:.6']);
    expect(adaptersFor(config, 'sd15')).toEqual([]);
    expect(adaptersFor(config, 'sdxl + oil')).toEqual(['oil']);
  });
});

describe('LoRAs of the catalogue', () => {
  const root = mkdtempSync(join(tmpdir(), 'acclaim-choice-'));
  const catalogue = loadCatalogue();
  const entry = (name: string, over: object) => ({
    ...catalogue.adapters[0]!,
    name,
    hub: `made/${name}`,
    ...over,
  });
  catalogue.adapters.push(
    entry('quick', { families: ['mini'] }),
    entry('quicker', { families: ['mini'] }),
    entry('ink', { families: ['mini'], sampler: undefined, licence: 'MIT' }),
  );
  beforeAll(() => {
    for (const name of ['quick', 'quicker', 'ink']) {
      const file = join(root, `made--${name}@0123456789ab`, 'pytorch_lora_weights.safetensors');
      mkdirSync(dirname(file));
      writeFileSync(file, name);
      const files = { 'pytorch_lora_weights.safetensors': { bytes: 1, sha256: '' } };
      const note = { format: 'acclaim-model', version: 1, source: '', revision: null, licence: null };
      writeFileSync(join(dirname(file), 'acclaim.json'), JSON.stringify({ ...note, adapter: true, files }));
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const read = (...adapters: string[]) => stackFor(adapters, 'mini', catalogue, root);

  test('go by their names, with the licence of the catalogue where the card has none', () => {
    expect(read('ink:.6').stack).toMatchObject([{ name: 'ink', licence: 'MIT', weight: 0.6 }]);
  });

  test('bring the sampler of an accelerator along, under what is configured', () => {
    const stack = read('ink', 'quick');
    expect(stack.sampler).toMatchObject({ scheduler: 'lcm', steps: 4, guidance: 1 });
    expect(read('ink').sampler).toBeUndefined();
    const config = loadConfig({ env: { ACCLAIM_MODELS: root }, set: ['sampler.steps=6'] });
    expect(samplerFor(config, MINI, [], catalogue)).toMatchObject({ scheduler: 'ddim', steps: 6 });
  });

  test.each<[string, string[], RegExp]>([
    ['adapter-unsupported', ['quick', 'quicker'], /quick and quicker both/],
    ['adapter-unsupported', ['lcm-lora-sdxl'], /made for sdxl.*of mini/],
    ['file-not-found', ['nowhere.safetensors'], /there is no/],
  ])('are refused with one error: %s, of %j', (code, adapters, message) => {
    expect(() => read(...adapters)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('that are not here are told with how to fetch them', () => {
    expect(() => stackFor(['lcm-lora-sd15'], 'sd15', catalogue, root)).toThrow(
      expect.objectContaining({
        code: 'model-not-found',
        hint: expect.stringContaining('acclaim pull lcm-lora-sd15'),
      }),
    );
  });

  test('are named where a learner that compares likelihoods refuses them', () => {
    const sampler = { scheduler: 'ddim' as const, steps: 4, guidance: 1, eta: 1, stack: read('ink').stack };
    expect(() => checkLearnable(sampler, { name: 'hero' })).toThrow(
      expect.objectContaining({
        code: 'not-learnable',
        message: expect.stringMatching(/drawn with ink are/),
      }),
    );
  });
});
