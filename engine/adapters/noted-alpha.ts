/**
 * alpha as diffusers and PEFT note it: in a file's metadata (`lora_adapter_metadata`, JSON of the PEFT
 * configuration with the part's name before each key), or in `adapter_config.json` beside the file. Without a
 * note a layer's scale alpha / r is 1, as diffusers takes it.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { ADAPTER_JSON, jsonOfFile, parseBounded } from '../../src/files/json-bounds.js';
import { isThere } from '../../src/files/reading.js';
import type { SafetensorsFile } from '../io/safetensors.js';
import type { Module } from '../models/modules.js';
import type { Part } from '../nn/lora.js';
import { pathsOf } from './names.js';
import { firstMatches, PatternError } from './path-patterns.js';
import { type PeftConfig, parsePeftConfig } from './peft-config.js';

/** Scale of a layer of this rank. */
export type NotedAlpha = (module: Module, rank: number) => number;

const parts: readonly Part[] = ['unet', 'text_encoder', 'text_encoder_2'];

/** Of a file's metadata, by the part; undefined where there is none. */
function notedConfigs({ file, metadata }: SafetensorsFile): Map<Part, PeftConfig> | undefined {
  const note = metadata.lora_adapter_metadata;
  if (note === undefined) return undefined;
  const where = `${file}: lora_adapter_metadata`;
  const all = Object.entries(settings(where, parseBounded(note, ADAPTER_JSON, notUnderstood(where))));
  const configs = new Map<Part, PeftConfig>();
  for (const part of parts) {
    const own = all.filter(([key]) => key.startsWith(`${part}.`));
    const bare = own.map(([key, value]) => [key.slice(part.length + 1), value]);
    if (own.length > 0) configs.set(part, parsePeftConfig(where, Object.fromEntries(bare)));
  }
  return configs;
}

/** The configuration that PEFT lays beside its weights. Errors: file-corrupt, adapter-unsupported. */
export function configBeside(file: string): PeftConfig | undefined {
  const path = join(dirname(file), 'adapter_config.json');
  if (!isThere(path)) return undefined;
  const json = jsonOfFile(path, ADAPTER_JSON, notUnderstood(path), { hint });
  return parsePeftConfig(path, settings(path, json));
}

const hint = 'Export it again.';
const notUnderstood = (where: string) => (why: string, options?: ErrorOptions) =>
  new AcclaimError('file-corrupt', `${where} is not understood: ${why}`, hint, options);

function settings(where: string, json: unknown): Record<string, unknown> {
  const found = z.record(z.string(), z.unknown()).safeParse(json);
  if (found.success) return found.data;
  throw notUnderstood(where)('it is no object', { cause: found.error });
}

/**
 * Errors: file-corrupt where the note is not understood, adapter-unsupported where it names what is not
 * built.
 */
export function notedAlpha(
  source: SafetensorsFile,
  beside: PeftConfig | undefined,
  modules: readonly Module[],
): NotedAlpha {
  const noted = notedConfigs(source);
  const configOf = (part: Part) => (noted ? noted.get(part) : beside);
  const alphas = new Map<Module, number>();
  for (const part of parts) {
    const config = configOf(part);
    if (!config) continue;
    const own = modules.filter((module) => module.part === part);
    const patterns = Object.entries(config.alpha_pattern ?? {});
    const first = matchesIn(
      source.file,
      patterns.map(([pattern]) => pattern),
      own,
    );
    for (const [i, module] of own.entries())
      alphas.set(module, patterns[first[i]!]?.[1] ?? config.lora_alpha);
  }
  return (module, rank) => {
    const alpha = alphas.get(module);
    if (alpha === undefined) return 1;
    return configOf(module.part)?.use_rslora ? alpha / Math.sqrt(rank) : alpha / rank;
  };
}

function matchesIn(file: string, patterns: readonly string[], modules: readonly Module[]): number[] {
  try {
    return firstMatches(patterns, modules.map(pathsOf));
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new AcclaimError(
      'adapter-unsupported',
      `${file}: alpha_pattern: ${cause.message}`,
      'Export it again with the names of the layers.',
      { cause },
    );
  }
}
