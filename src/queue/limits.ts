/**
 * How much may cross between bot and engines. What makes a thing, what checks it and what carries it go by
 * the figure that stands here, so none of them refuses what another lets through:
 * tests/src/queue/limits.test.ts fills each envelope with the largest that its schema takes.
 */

/** Of a preview: base64 of a PNG. Engines make them no larger (engine/jobs/preview.ts). */
export const PREVIEW_CHARACTERS = 420_000;

/** Of an engine's name. */
export const NAME_CHARACTERS = 80;

/** Hashes of models that an engine names in a beat. */
export const MODELS_NAMED = 500;

/** Hashes of artifacts that one word tells engines to forget. */
export const FORGOTTEN_AT_ONCE = 200;

/** All that a word holds beside a preview. */
const WORD_BYTES = 32 << 10;

/** Bytes of text that an envelope of each purpose may hold. */
export const ENVELOPE_BYTES = {
  job: 4 << 20,
  answer: 4 << 20,
  /** Also of the note in a folder or bucket, which is such an envelope. */
  made: 4 << 20,
  need: 32 << 10,
  folder: 4096,
  beat: 128 << 10,
  word: PREVIEW_CHARACTERS + WORD_BYTES,
} as const;
