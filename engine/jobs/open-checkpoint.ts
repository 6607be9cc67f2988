/** The checkpoint a job continues from, held against the model and the learner it is used with. */
import { AcclaimError } from '../../src/errors.js';
import { type Checkpoint, readCheckpoint } from '../io/checkpoint.js';
import type { AdapterSpec } from '../nn/lora.js';

/**
 * Null of none. `model`: sha256 of its files. @throws AcclaimError `checkpoint-corrupt`; `usage` for another
 * model, `config-invalid` for another adapter.
 */
export function openCheckpoint(dir: string | null, model: string, spec?: AdapterSpec): Checkpoint | null {
  if (dir === null) return null;
  const checkpoint = readCheckpoint(dir);
  const { adapter, model: made } = checkpoint.manifest;
  if (made.sha256 !== model)
    throw new AcclaimError(
      'usage',
      `${dir} was made with another model (${made.sha256.slice(0, 12)}, not ${model.slice(0, 12)})`,
      'Use the model that the session began with.',
    );
  if (!spec) return checkpoint;
  const differs = (['rank', 'alpha', 'targets'] as const).filter((key) => adapter[key] !== spec[key]);
  if (differs.length)
    throw new AcclaimError(
      'config-invalid',
      `${differs.map((key) => `learner.${key} is ${spec[key]}, but ${dir} has ${adapter[key]}`).join('; ')}`,
      'An adapter keeps its shape for a whole session: begin a new session to change it.',
    );
  return checkpoint;
}
