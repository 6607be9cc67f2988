/** Catalogue and tasks: what a family wants, with overrides; tasks against the judge that simulations use. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import {
  checkLearnable,
  learnerSettings,
  modelFamily,
  resolveModel,
  samplerFor,
} from '../../../src/config/models.js';
import { modelsFolder } from '../../../src/config/pulled.js';
import { loadTask, taskNames } from '../../../src/config/tasks.js';
import { projectPath } from '../../../src/files/paths.js';

const MINI = projectPath('models/mini');

describe('models', () => {
  test('the miniature by name and by folder is the family mini', () => {
    const dir = resolveModel('mini');
    expect(dir).toBe(projectPath('models/mini'));
    expect(resolveModel(dir)).toBe(dir);
    expect(resolveModel('models/mini')).toBe(dir);
    expect(modelFamily(dir)).toBe('mini');
  });

  test('a folder without a UNet is the family default; an unknown name is refused with the names there are', () => {
    expect(modelFamily(projectPath('config'))).toBe('default');
    expect(() => resolveModel('nowhere')).toThrowError(
      expect.objectContaining({ code: 'model-not-found', hint: expect.stringContaining('mini') }),
    );
  });

  test("the family's sampler, and overrides key by key", () => {
    const config = loadConfig({ env: {}, set: ['sampler.steps=4'] });
    expect(samplerFor(config, MINI)).toEqual({ steps: 4, guidance: 3, eta: 1, scheduler: 'ddim' });
    expect(samplerFor(loadConfig({ env: {} }), projectPath('config'))).toMatchObject({
      steps: 50,
      guidance: 5,
      eta: 1,
    });
    expect(samplerFor(config, 'never heard of')).toMatchObject({ steps: 4, guidance: 5 });
  });

  test('a model that was distilled to a few steps is sampled so, whatever its family, and overrides go over it', () => {
    const root = mkdtempSync(join(tmpdir(), 'acclaim-distilled-'));
    const of = (scheduler: object, unet: object = {}, set: string[] = []) => {
      for (const [part, file, json] of [
        ['scheduler', 'scheduler_config.json', scheduler],
        ['unet', 'config.json', { cross_attention_dim: 768, block_out_channels: [320, 1280], ...unet }],
      ] as const) {
        mkdirSync(join(root, part), { recursive: true });
        writeFileSync(join(root, part, file), JSON.stringify(json));
      }
      const { steps, guidance, eta, scheduler: name } = samplerFor(loadConfig({ env: {}, set }), root);
      return [name, steps, guidance, eta];
    };
    const trailing = { timestep_spacing: 'trailing' };
    const lcm = { _class_name: 'LCMScheduler' };
    try {
      expect(of(lcm)).toEqual(['lcm', 4, 1, 1]);
      expect(of(lcm, { time_cond_proj_dim: 256 })).toEqual(['lcm', 4, 8, 1]);
      expect(of(lcm, {}, ['sampler.steps=6'])).toEqual(['lcm', 6, 1, 1]);
      expect(of({ _class_name: 'TCDScheduler' })).toEqual(['tcd', 4, 1, 0.3]);
      // SD-Turbo and SDXL-Lightning; SDXL-Turbo.
      expect(of({ _class_name: 'EulerDiscreteScheduler', ...trailing })).toEqual(['euler', 4, 1, 0]);
      expect(of({ _class_name: 'EulerAncestralDiscreteScheduler', ...trailing })[0]).toBe('euler-ancestral');
      // Zero terminal SNR spaces them so too, and is no distillation.
      const zero = { ...trailing, prediction_type: 'v_prediction', rescale_betas_zero_snr: true };
      for (const other of [
        { _class_name: 'EulerDiscreteScheduler' },
        { _class_name: 'EulerDiscreteScheduler', ...zero },
      ])
        expect(of(other)).toEqual(['dpmpp-2m', 25, 5, 0]);
      // Learners that compare likelihoods have HERO's sampler.
      expect(of({ _class_name: 'DDIMScheduler' }, {}, ['learner.name=hero'])).toEqual(['ddim', 50, 5, 1]);
      expect(of(lcm, {}, ['learner.name=hero'])).toEqual(['lcm', 4, 1, 1]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('LoRAs of the configuration go with the sampler, by their bytes; likelihood learners take none', () => {
    const lora = projectPath('tests/fixtures/mini/lora_attention.safetensors');
    const config = (...adapters: string[]) => ({ ...loadConfig({ env: {} }), adapters });
    const { stack } = samplerFor(config(`${lora}:0.6`), MINI);
    const sha256 = createHash('sha256').update(readFileSync(lora)).digest('hex');
    expect(stack).toEqual([{ file: lora, sha256, weight: 0.6 }]);
    expect(samplerFor(config(), MINI)).not.toHaveProperty('stack');
    expect(() => samplerFor(config('nowhere.safetensors'), MINI)).toThrow(
      expect.objectContaining({ code: 'file-not-found' }),
    );
    expect(() => samplerFor(config(MINI), MINI)).toThrow(expect.objectContaining({ code: 'usage' }));
    const sampler = samplerFor(config(lora), MINI);
    expect(() => checkLearnable(sampler, { name: 'acclaim' })).not.toThrow();
    for (const name of ['hero', 'ddpo', 'd3po'] as const)
      expect(() => checkLearnable(sampler, { name })).toThrow(
        expect.objectContaining({
          code: 'not-learnable',
          message: expect.stringContaining('lora_attention'),
        }),
      );
  });

  test('a learner gets its profile for the family, then the overrides', () => {
    const config = loadConfig({ env: {}, set: ['learner.lr=0.5'] });
    expect(learnerSettings(config, 'mini', 'hero')).toMatchObject({ name: 'hero', targets: 'all', lr: 0.5 });
    expect(learnerSettings(config, 'default', 'd3po')).toEqual({ name: 'd3po', lr: 0.5 });
  });

  test('a session with another learner takes of the overrides what that one knows', () => {
    const config = loadConfig({ env: {}, set: ['learner.heroShare=0.5', 'learner.microBatch=2'] });
    expect(learnerSettings(config, 'mini')).toEqual({ name: 'acclaim', heroShare: 0.5, microBatch: 2 });
    expect(learnerSettings(config, 'default', 'd3po')).toEqual({ name: 'd3po', microBatch: 2 });
  });

  test('a learner that compares likelihoods needs a sampler that has some', () => {
    const of = (name: string, ...sampler: string[]) => {
      const config = loadConfig({ env: {}, set: [`learner.name=${name}`, ...sampler] });
      return () => checkLearnable(samplerFor(config, MINI), learnerSettings(config, 'mini'));
    };
    const refused = expect.objectContaining({
      code: 'not-learnable',
      hint: expect.stringContaining('eta 1'),
    });
    for (const name of ['hero', 'ddpo', 'd3po']) {
      expect(of(name)).not.toThrow();
      expect(of(name, 'sampler.eta=0')).toThrow(refused);
      expect(of(name, 'sampler.scheduler=dpmpp-2m')).toThrow(refused);
      expect(of(name, 'sampler.scheduler=dpmpp-2m-sde')).not.toThrow();
      for (const few of ['lcm', 'tcd']) {
        expect(of(name, `sampler.scheduler=${few}`, 'sampler.steps=2')).not.toThrow();
        expect(of(name, `sampler.scheduler=${few}`, 'sampler.steps=1')).toThrow(refused);
      }
      expect(of(name, 'sampler.scheduler=lcm', 'sampler.eta=0')).not.toThrow();
      expect(of(name, 'sampler.scheduler=tcd', 'sampler.eta=0')).toThrow(/tcd with eta 0/);
    }
    expect(of('acclaim', 'sampler.eta=0')).not.toThrow();
  });
});

describe('pulled models', () => {
  test('ACCLAIM_MODELS names their folder; without it they lie in the checkout', () => {
    expect(modelsFolder({})).toBe(projectPath('models'));
    expect(modelsFolder({ ACCLAIM_MODELS: '/var/lib/acclaim/models' })).toBe('/var/lib/acclaim/models');
  });
});

describe('tasks', () => {
  const judge = JSON.parse(readFileSync(join(projectPath('models/mini'), 'judge/config.json'), 'utf8'));

  test("the tasks are the judge's goals", () => {
    expect(taskNames()).toEqual(Object.keys(judge.goals).sort());
  });

  test.each(taskNames())('%s has a prompt and a criterion in words', (name) => {
    const task = loadTask(name);
    expect(task.prompt.length).toBeGreaterThan(3);
    expect(task.criterion.length).toBeGreaterThan(10);
  });

  test.each(['dog', '../default', ''])('%j is refused with the names there are', (name) => {
    expect(() => loadTask(name)).toThrowError(
      expect.objectContaining({ code: 'config-invalid', hint: expect.stringContaining('hazard') }),
    );
  });
});
