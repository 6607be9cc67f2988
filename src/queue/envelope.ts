/**
 * What lies in Redis is closed in envelopes: text of bounded size, checked against a schema when it is
 * opened, and signed with the key that bot and engines share where one is configured (HMAC-SHA256, FIPS
 * 198-1). The purpose goes into the signature, so that an answer cannot pass for a job.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { ENVELOPE_BYTES } from './limits.js';

export type Purpose = keyof typeof ENVELOPE_BYTES;

const envelopeSchema = z.object({ body: z.string(), mac: z.string() });

/**
 * Closes texts for Redis and opens them: each of one purpose, signed where there is a key. Errors:
 * job-invalid.
 */
export class Envelopes {
  /** `key` null: nothing is signed, and whoever reaches Redis is trusted. */
  constructor(private readonly key: string | null) {}

  /** Errors: job-invalid where the value is too big to cross. */
  close(purpose: Purpose, value: unknown): string {
    const body = JSON.stringify(value);
    const text = JSON.stringify({ body, mac: this.sign(purpose, body) });
    if (Buffer.byteLength(text) > ENVELOPE_BYTES[purpose]) throw tooBig(purpose);
    return text;
  }

  /** Errors: job-invalid where it is too big, not signed with our key, or not of the schema. */
  open<T>(purpose: Purpose, text: unknown, schema: z.ZodType<T>): T {
    if (typeof text !== 'string') throw refuse(purpose, 'it is no text');
    if (Buffer.byteLength(text) > ENVELOPE_BYTES[purpose]) throw tooBig(purpose);
    const envelope = envelopeSchema.safeParse(parse(purpose, text));
    if (!envelope.success) throw refuse(purpose, 'it is no envelope');
    const { body, mac } = envelope.data;
    const expected = Buffer.from(this.sign(purpose, body));
    const given = Buffer.from(mac);
    if (expected.length !== given.length || !timingSafeEqual(expected, given))
      throw refuse(purpose, 'it is not signed with the key of this side');
    const value = schema.safeParse(parse(purpose, body));
    if (!value.success) throw refuse(purpose, z.prettifyError(value.error));
    return value.data;
  }

  private sign(purpose: Purpose, body: string): string {
    if (this.key === null) return '';
    return createHmac('sha256', this.key).update(`acclaim ${purpose}\n${body}`).digest('hex');
  }
}

function parse(purpose: Purpose, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(purpose, 'it is no JSON');
  }
}

function refuse(purpose: Purpose, why: string): AcclaimError {
  return new AcclaimError(
    'job-invalid',
    `a ${purpose} came over Redis that cannot be taken: ${why}`,
    'Give bot and engines the same version and the same ACCLAIM_QUEUE_KEY.',
  );
}

function tooBig(purpose: Purpose): AcclaimError {
  return new AcclaimError(
    'job-invalid',
    `a ${purpose} is too big to cross Redis: more than ${ENVELOPE_BYTES[purpose]} bytes`,
    'Use fewer images a round.',
  );
}
