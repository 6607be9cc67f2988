/**
 * How much is in JSON that somebody else wrote, told before it is parsed: parsing a million values takes seconds, and nesting of
 * thousands ends whatever walks it by recursion. One pass over the bytes; what is not JSON at all is the parser's to say.
 */
export interface JsonBounds {
  /** Names and values together. */
  readonly values: number;
  readonly depth: number;
}

/** Of files that a model brings: CLIP's tokenizer has 200,000 values, the header of SDXL's file 30,000. */
export const MODEL_JSON: JsonBounds = { values: 2 ** 19, depth: 32 };

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
