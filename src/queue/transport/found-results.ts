/**
 * What an engine has made of the very work that a job asks for, though its answer got lost. It is taken where
 * the note is signed, names the same identity, and what it names is there with the bytes of its hash;
 * anything else is computed.
 */
import { z } from 'zod';
import { passes } from '../../artifacts/patience.js';
import { hashSchema } from '../../artifacts/tree.js';
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import { type JobKind, jobSchemas } from '../jobs.js';
import type { BotTransport } from './transport.js';

/** What an engine notes beside what it delivered: an answer that outlives Redis. */
export const madeSchema = z.object({
  /** As the bot told it: of all that decides what the job writes. */
  identity: hashSchema,
  delivery: z.number().int().positive(),
  artifact: hashSchema,
  result: z.unknown(),
});

/** A job, as far as it matters here. */
export interface Sought {
  id: string;
  kind: JobKind;
  payload: Record<string, unknown>;
  /** Null where it writes nothing. */
  identity: string | null;
}

export interface FoundResultParts {
  transport: BotTransport;
  envelopes: Envelopes;
  log: Log;
}

/** Null where nothing stands. Errors: bucket-unreachable while what stands is fetched = later; disk-full. */
export async function takeFoundResult(
  { id, kind, payload, identity }: Sought,
  { transport, envelopes, log }: FoundResultParts,
  signal: AbortSignal,
): Promise<{ value: unknown } | null> {
  if (identity === null) return null;
  // Computing does not wait for a bucket that is away: what is there then is not known.
  const notes = await transport.noted(kind, payload, identity, signal).catch((error) => {
    if (signal.aborted) throw error;
    log.debug({ ...aboutJob(id), ...toPlain(error) }, 'no look at what stands');
    return [];
  });
  for (const text of notes) {
    try {
      const { result, ...made } = envelopes.open('made', text, madeSchema);
      if (made.identity !== identity) continue;
      const value = jobSchemas[kind].result.parse(result);
      await transport.keep(kind, payload, made, signal);
      log.info({ ...aboutJob(id), artifact: made.artifact.slice(0, 12) }, 'what was made stands: taken');
      return { value };
    } catch (error) {
      if (signal.aborted || passes(error) || toPlain(error).code === 'disk-full') throw error;
      log.info({ ...aboutJob(id), ...toPlain(error) }, 'what was made cannot be taken: it is computed again');
    }
  }
  return null;
}
