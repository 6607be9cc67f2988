/**
 * What a session is drawn with, as people write it: a model, and LoRAs on it with their weights, such as
 * `sd15 + lcm-lora-sd15 + style:.6`.
 */
import { AcclaimError } from '../errors.js';
import type { Config } from './schema.js';
import { parseAdapter } from './stack.js';

export interface Choice {
  readonly model: string;
  /** `NAME` or `NAME:WEIGHT`. */
  readonly adapters: readonly string[];
}

/** LoRAs of one session, at most. */
const MOST = 16;

/** Spaces stand around each plus: names and files may have one. Errors: usage. */
export function parseChoice(text: string): Choice {
  const [model = '', ...adapters] = text.split(/(?:^|\s)\+(?=\s|$)/).map((part) => part.trim());
  if (model === '' || adapters.includes('') || adapters.length > MOST)
    throw new AcclaimError(
      'usage',
      `"${text}" is no model, and no model with LoRAs`,
      `Write it as \`MODEL + LORA + LORA:WEIGHT\`, with ${MOST} LoRAs at most.`,
    );
  return { model, adapters };
}

/** As it is kept and compared: one space on either side of a plus, no weight of 1. */
export function plainChoice(text: string): string {
  const { model, adapters } = parseChoice(text);
  return [model, ...adapters.map(plainAdapter)].join(' + ');
}

function plainAdapter(text: string): string {
  const { path, weight } = parseAdapter(text);
  return weight === 1 ? path : `${path}:${weight}`;
}

/** The LoRAs that are named with it, and of the configured choice those of `adapters` too. */
export function adaptersFor(
  { model, adapters }: Pick<Config, 'model' | 'adapters'>,
  asked: string,
): readonly string[] {
  return [...parseChoice(asked).adapters, ...(asked === model ? adapters : [])];
}

/** Whether a list of what may be used has the choice: whole, or its model and each of its LoRAs by name. */
export function allows(list: readonly string[], text: string): boolean {
  const { model, adapters } = parseChoice(text);
  const names = [model, ...adapters.map((adapter) => parseAdapter(adapter).path)];
  return list.map(plainChoice).includes(plainChoice(text)) || names.every((name) => list.includes(name));
}
