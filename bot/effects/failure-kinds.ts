/** What a fault of an effect means: whether it passes, is final, or is a fault of ours. */
import type { Effect, EffectKind } from '../../src/domain/state/effects.js';
import { AcclaimError, type ErrorCode } from '../../src/errors.js';
import { isDiskFull } from '../../src/store/faults.js';
import type { FailureKind } from './outbox.js';

/** Said by a platform of what we want there. */
const finals: ReadonlySet<ErrorCode> = new Set([
  'channel-lost',
  'message-gone',
  'not-allowed',
  'platform-refused',
]);

/** Nobody said no. A dead token ends the process, and the next start carries out what waited. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'platform-unreachable',
  'redis-unreachable',
  'bucket-unreachable',
  'files-exhausted',
  'token-invalid',
  'cancelled',
]);

/** What no platform has a say in: it is tried until it is done. */
const always: ReadonlySet<EffectKind> = new Set([
  'generate',
  'learn',
  'evaluate',
  'strengths',
  'cancel-job',
  'delete-image',
  'delete-pair',
  'forget',
]);

/** What to do about an effect that failed with such an error. */
export function failureKind(effect: Effect, error: unknown): FailureKind {
  if (isDiskFull(error)) return 'waits';
  if (always.has(effect.kind)) return 'waits';
  if (!(error instanceof AcclaimError)) return 'fault';
  if (passing.has(error.code)) return 'waits';
  return finals.has(error.code) ? 'final' : 'fault';
}
