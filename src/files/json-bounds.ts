/**
 * How much is in JSON that somebody else wrote, told before it is parsed: parsing a million values takes
 * seconds, and nesting of thousands ends whatever walks it by recursion. One pass over the bytes; what is not
 * JSON at all is the parser's to say.
 */
import type { AcclaimError } from '../errors.js';
import { type Missing, readBounded, readFault, UnboundedError } from './reading.js';

export interface JsonBounds {
  readonly bytes: number;
  /** Names and values together. */
  readonly values: number;
  readonly depth: number;
}

/**
 * Of files that a model brings: CLIP's tokenizer has 200,000 values in 4 MB, the header of SDXL's file
 * 30,000.
 */
export const MODEL_JSON: JsonBounds = { bytes: 32 * 2 ** 20, values: 2 ** 19, depth: 32 };
/** Of a LoRA's configuration: a few dozen settings, and an alpha and a rank for each of a thousand layers. */
export const ADAPTER_JSON: JsonBounds = { bytes: 4 * 2 ** 20, values: 2 ** 16, depth: 16 };
/** Of the list of files in a round's or a checkpoint's folder: a round of 1,000 pictures has 50,000. */
export const FOLDER_JSON: JsonBounds = { bytes: 32 * 2 ** 20, values: 2 ** 20, depth: 32 };

const [QUOTE, COMMA, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = Buffer.from('",:[\\]{}');

/** What is too much, in words; undefined where nothing is. */
export function tooMuchJson(json: Uint8Array, { values, depth }: JsonBounds): string | undefined {
  let [quoted, level, found] = [false, 0, 1];
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) {
      if (byte === BACKSLASH) i++;
    } else if (byte === COMMA || byte === COLON) {
      if (++found > values) return `it has more than ${values} names and values`;
    } else if (byte === OPEN || byte === OPEN_LIST) {
      if (++level > depth) return `it is nested more than ${depth} deep`;
    } else if (byte === CLOSE || byte === CLOSE_LIST) level--;
  }
  return undefined;
}

/** Makes the coded error of why something is not read. */
export type Refuse = (why: string, options?: ErrorOptions) => AcclaimError;

/** `json` as a value; throws what `refuse` makes of more than there may be, and of what is no JSON. */
export function parseBounded(json: Uint8Array | string, bounds: JsonBounds, refuse: Refuse): unknown {
  const bytes = typeof json === 'string' ? Buffer.from(json) : json;
  if (bytes.length > bounds.bytes)
    throw refuse(`it has ${bytes.length} bytes, and at most ${bounds.bytes} are read`);
  const much = tooMuchJson(bytes, bounds);
  if (much !== undefined) throw refuse(much);
  try {
    return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString('utf8'));
  } catch (cause) {
    throw refuse('it is not JSON', { cause });
  }
}

/**
 * The bytes of a file; throws what `refuse` makes of one that is too long, and what readFault makes of one
 * that cannot be read.
 */
export function bytesOfFile(file: string, most: number, refuse: Refuse, missing: Missing): Buffer {
  try {
    return readBounded(file, most);
  } catch (error) {
    if (error instanceof UnboundedError) throw refuse(error.message);
    throw readFault(error, file, missing);
  }
}

/** The JSON of a file that somebody else may have written. */
export const jsonOfFile = (file: string, bounds: JsonBounds, refuse: Refuse, missing: Missing): unknown =>
  parseBounded(bytesOfFile(file, bounds.bytes, refuse, missing), bounds, refuse);
