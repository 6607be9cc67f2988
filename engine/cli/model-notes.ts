/**
 * The engine's half of `acclaim models`: what of a model is done otherwise than its files ask. Opens no
 * weights.
 */
import type { ModelNotes } from '../../src/cli/models.js';
import { substitution } from '../diffusion/native.js';
import { readConfig, schedulerSchema } from '../models/config.js';

/** A sentence where the model's own scheduler is not built; nothing of a broken folder. */
export const modelNotes: ModelNotes = (dir) => {
  try {
    const config = readConfig(dir, 'scheduler/scheduler_config.json', schedulerSchema);
    const note = substitution(config, 'ddim');
    return note === null ? [] : [note];
  } catch {
    // A list goes on over a broken folder; opening the model says what is wrong with it.
    return [];
  }
};
