/**
 * One error class for everything a person can mend. `code` is stable (scripts match on it), `message` names
 * the cause, `mend` what to do about it. Anything else that is thrown is a defect of ours.
 */
import { english, type Text } from './words/text.js';

export type ErrorCode =
  | 'usage'
  | 'config-invalid'
  | 'model-not-found'
  | 'model-unsupported'
  | 'model-corrupt'
  /** A model's files were written while an engine had it open. */
  | 'model-changed'
  /** A list of files, or a server, that no honest source gives. */
  | 'model-unsafe'
  /** Somebody must agree to terms, or show a token, first. */
  | 'model-gated'
  | 'hub-unreachable'
  /** Somebody names a host, or is sent on to one, that is unknown or lies inside the network. */
  | 'address-not-public'
  | 'file-not-found'
  /** It is there, and this user or its disk keeps it from being read. */
  | 'file-unreadable'
  /** No descriptor is left to open anything with: it passes. */
  | 'files-exhausted'
  | 'file-corrupt'
  | 'shape-mismatch'
  /** Results that are infinite or no numbers: names the layer, where its weights are the cause. */
  | 'not-finite'
  /** An adapter of a kind, or with a layer, that is not built. */
  | 'adapter-unsupported'
  | 'checkpoint-corrupt'
  | 'round-corrupt'
  | 'labels-invalid'
  | 'not-learnable'
  | 'data-unwritable'
  | 'disk-full'
  /** A run would take more memory than it may: told before it runs. */
  | 'memory-short'
  | 'data-locked'
  /** An engine's data folder is not the bot's, or does not show what the bot's holds. */
  | 'data-mismatch'
  /** A restore would take the place of what is there. */
  | 'data-exists'
  | 'backup-invalid'
  | 'port-taken'
  | 'session-not-found'
  | 'round-closed'
  | 'not-allowed'
  /** More than a person, an address or a server may ask for in the time: it passes. */
  | 'limited'
  /** The policy of prompts does not take a text. */
  | 'prompt-refused'
  /** A platform refuses the bot's credentials for good. */
  | 'token-invalid'
  /** The bot cannot post in the channel any more: gone, archived or forbidden. */
  | 'channel-lost'
  | 'message-gone'
  /** A chat platform, or the way to it, gives no answer that is one: whatever was decided waits. */
  | 'platform-unreachable'
  /** A chat platform says no for a reason that is not the channel's: trying again cannot help. */
  | 'platform-refused'
  | 'redis-unreachable'
  /** The bucket does not answer: what is on its way waits. */
  | 'bucket-unreachable'
  /** It answers and says no: keys, rights, name or region. */
  | 'bucket-refused'
  /** Named by a job or a result, and not in the bucket. */
  | 'artifact-missing'
  /** Bytes that are not those their name stands for. */
  | 'artifact-corrupt'
  | 'engine-lost'
  /** More rounds wait for engines than may. */
  | 'engine-busy'
  | 'cancelled'
  | 'device-unavailable'
  | 'database-newer'
  | 'job-invalid'
  | 'internal';

/**
 * An error that people are told: `code` for programs, `message` for the cause, `mend` for what to do about
 * it.
 */
export class AcclaimError extends Error {
  override readonly name = 'AcclaimError';
  /** One sentence in English: what the reader can do. */
  readonly hint: string;
  /** Cause and hint for whoever is told of it in a language of their own. */
  readonly said: { readonly message: Text; readonly hint: Text };

  /** Texts of ours are told in the reader's language; words as they stand (a host's errors) stay English. */
  constructor(
    readonly code: ErrorCode,
    message: Text,
    hint: Text = '',
    options?: ErrorOptions,
  ) {
    super(english(message), options);
    this.hint = english(hint);
    this.said = { message, hint };
  }
}

/** Without its end: for what goes on after it. */
export function cause(message: string): string {
  return message.trim().replace(/\.$/, '');
}

/** Cause and hint as people read them: two sentences, whether or not the first was written with its end. */
export function inSentences(error: AcclaimError): Text;
export function inSentences(plain: { message: string; hint: string }): string;
export function inSentences(refusal: { message: Text; hint: Text }): Text;
export function inSentences(error: { message: Text; hint: Text }): Text {
  const { message, hint } = error instanceof AcclaimError ? error.said : error;
  const both: Text = { said: 'parts', parts: [message, hint], between: 'stop' };
  return typeof message === 'string' && typeof hint === 'string' ? english(both) : both;
}

/** What crosses a process boundary or a wire. */
export interface PlainError {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** What of an error can cross between processes; of one that is not ours the code `internal`. */
export function toPlain(error: unknown): PlainError {
  if (error instanceof AcclaimError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, hint: '' };
}

/** The error again, on the other side. */
export function fromPlain(plain: PlainError): AcclaimError {
  return new AcclaimError(plain.code, plain.message, plain.hint);
}
