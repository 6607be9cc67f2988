/**
 * By what a model's family is told, and whether it was distilled to a few steps, without the engine: the
 * width of the text states that its UNet reads, and the widest of its levels. From unet/config.json of a
 * folder, from the header of a single file (8 bytes of length, then JSON). What cannot be read has no marks;
 * the engine reports it by name when it opens the model.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AcclaimError } from '../errors.js';
import { jsonOfFile, MODEL_JSON, parseBounded } from '../files/json-bounds.js';
import { isExhausted, readFault } from '../files/reading.js';

export interface UnetMarks {
  readonly crossAttention: unknown;
  readonly widest: number;
}

/** By what is told that a model was distilled to a few steps. */
export interface DistilledMarks {
  /** Its own scheduler's class. */
  readonly scheduler: unknown;
  /** Timesteps as Turbo and Lightning want them, of a network that predicts noise. */
  readonly trailing: boolean;
  /** The network is told its guidance. */
  readonly told: boolean;
}

/** Of a folder; a single file has no configuration. */
export function distilledMarks(folder: string): DistilledMarks | undefined {
  return marksOf(folder, () => {
    if (statSync(folder).isFile()) return undefined;
    const scheduler = readConfig(join(folder, 'scheduler', 'scheduler_config.json'));
    const noise = (scheduler.prediction_type ?? 'epsilon') === 'epsilon';
    return {
      scheduler: scheduler._class_name,
      trailing: scheduler.timestep_spacing === 'trailing' && noise,
      told: typeof readConfig(join(folder, 'unet', 'config.json')).time_cond_proj_dim === 'number',
    };
  });
}

/** What is too much to be read has no marks. */
const unread = (why: string) => new AcclaimError('model-corrupt', why);

/** What tells a model's family by its UNet, from file headers alone; undefined where it cannot be read. */
export const unetMarks = (model: string): UnetMarks | undefined =>
  marksOf(model, () => (statSync(model).isFile() ? ofFile(model) : ofFolder(model)));

function marksOf<T>(model: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    // A model of some other family would be run by the wrong parameters.
    if (isExhausted(error)) throw readFault(error, model, { hint: '' });
    return undefined;
  }
}

const readConfig = (file: string) =>
  jsonOfFile(file, MODEL_JSON, unread, { hint: '' }) as Partial<Record<string, unknown>>;

function ofFolder(folder: string): UnetMarks {
  const config = readConfig(join(folder, 'unet', 'config.json'));
  const widths = Array.isArray(config.block_out_channels) ? config.block_out_channels : [];
  return { crossAttention: config.cross_attention_dim, widest: Math.max(...widths) };
}

/**
 * Keys of cross-attention in the original layout, [width, text width]; every level but SD 1.x's and 2.x's
 * last has one.
 */
const READS_TEXT = /^model\.diffusion_model\..*attn2\.to_k\.weight$/;

function ofFile(file: string): UnetMarks | undefined {
  const shapes = Object.entries(readHeader(file)).flatMap(([key, entry]) =>
    READS_TEXT.test(key) ? [entry.shape as [number, number]] : [],
  );
  if (shapes.length === 0) return undefined;
  return { crossAttention: shapes[0]![1], widest: Math.max(...shapes.map(([width]) => width)) };
}

function readHeader(file: string): Record<string, { shape: number[] }> {
  const fd = openSync(file, 'r');
  try {
    const length = Buffer.alloc(8);
    readSync(fd, length, 0, 8, 0);
    const json = Buffer.alloc(Math.min(Number(length.readBigUInt64LE()), MODEL_JSON.bytes));
    readSync(fd, json, 0, json.length, 8);
    return parseBounded(json, MODEL_JSON, unread) as ReturnType<typeof readHeader>;
  } finally {
    closeSync(fd);
  }
}
