/** Checks of `doctor`: the configured model, what draws it and what learns of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersFor } from '../../config/choice.js';
import {
  checkLearnable,
  decoderFor,
  learnerSettings,
  modelFamily,
  resolveModel,
  samplerFor,
} from '../../config/models.js';
import { type Config, deviceNames } from '../../config/schema.js';
import { count } from '../../domain/state/count.js';
import { toPlain } from '../../errors.js';
import { estimateMb, offeredMb } from '../../models/job-memory.js';
import type { Check, CheckEngine } from '../check.js';
import { gigabytes } from './gigabytes.js';

/** Whether rounds of the configured model and sampler teach the configured learner anything. */
export function checkLearner(config: Config): Check {
  const name = 'learner';
  try {
    const model = resolveModel(config.model);
    const learner = learnerSettings(config, modelFamily(model));
    const sampler = samplerFor(config, model);
    checkLearnable(sampler, learner);
    return {
      name,
      state: 'ok',
      found: `${learner.name}, on rounds of ${count(sampler.steps, 'step')} of ${sampler.scheduler}`,
      hint: '',
    };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    // A model that is not there has a line of its own.
    const state = code === 'not-learnable' ? 'fail' : 'off';
    return { name, state, found: message, hint: state === 'fail' ? hint : '', code };
  }
}

/** Which tiny decoder the configured model's pictures are shown or made with. */
export function checkDecoder(config: Config): Check {
  const name = 'decoder';
  try {
    const model = resolveModel(config.model);
    const own = existsSync(join(model, 'tiny_vae', 'config.json')) ? model : null;
    const wanted = decoderFor(config, model);
    const dir = wanted && (wanted.tiny ?? own);
    if (!dir) {
      const why = wanted ? 'there is no tiny decoder for it' : 'no tiny decoder is wanted';
      return { name, state: 'off', found: `the model's VAE: ${why}`, hint: '' };
    }
    const use = wanted.rounds ? 'previews and rounds' : 'previews';
    return { name, state: 'ok', found: `the tiny one of ${dir}, for ${use}`, hint: '' };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    // A model that is not there has a line of its own.
    const named = config.decoder.tiny !== null && message.includes(config.decoder.tiny);
    return { name, state: named ? 'fail' : 'off', found: message, hint: named ? hint : '', code };
  }
}

/** Whether jobs of the configured model go to an engine on this machine. */
export function checkJobMemory(config: Config): Check {
  const name = 'job memory';
  try {
    const model = resolveModel(config.model);
    const learner = learnerSettings(config, modelFamily(model));
    const payload = { model, learner, width: null, height: null, count: config.session.images };
    const need = Math.max(estimateMb('generate', payload), estimateMb('learn', payload));
    const has = offeredMb(config);
    const found = `a round takes about ${gigabytes(need * 2 ** 20)} of the ${gigabytes(has * 2 ** 20)} that an engine here may use`;
    if (need <= has) return { name, state: 'ok', found, hint: '' };
    return {
      name,
      state: 'warn',
      found,
      hint: 'Its jobs go to an engine with more: a smaller model, or another machine (docs/operating.md).',
    };
  } catch (error) {
    return { name, state: 'off', found: toPlain(error).message, hint: '' };
  }
}

/** The configured model and the devices, by a process of the engine. */
export async function checkModel(config: Config, checkEngine: CheckEngine): Promise<Check[]> {
  try {
    const model = resolveModel(config.model);
    const { devices, precision } = config.engine;
    const { dataDir } = config;
    const adapters = adaptersFor(config, config.model);
    return await checkEngine({ devices, precision, dataDir, known: deviceNames, model, adapters });
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return [{ name: 'model', state: 'fail', found: message, hint, code }];
  }
}
