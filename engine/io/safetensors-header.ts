/**
 * The safetensors header: JSON {name: {dtype, shape, data_offsets}} before the tensors' bytes, which lie
 * without hole or overlap. Nothing in it is believed before it is checked, so that no reader ever looks
 * outside of the file.
 */
import { MODEL_JSON, tooMuchJson } from '../../src/files/json-bounds.js';

/** Bytes per element of every dtype that the format knows. */
const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
export type SafetensorsDType = keyof typeof ELEMENT_BYTES;

export interface TensorEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * The format allows 100 MB; the largest checkpoints have 1 MB, and LoRAs with the tags of all their pictures
 * a few.
 */
export const MAX_HEADER_BYTES = MODEL_JSON.bytes;

/** Says why a header cannot be believed; the reader of the file gives it the file's name and a code. */
export class HeaderError extends Error {}

const corrupt = (why: string): never => {
  throw new HeaderError(why);
};

/** `json` = the header's bytes; tensors begin at byte `start` of a file of `size` bytes. */
export function decodeHeader(json: Uint8Array, start: number, size: number): Header {
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parse(json))) {
    if (!isRecord(value)) return corrupt(`${show(name)} is not an object`);
    if (name === '__metadata__') {
      if (!Object.values(value).every((v) => typeof v === 'string'))
        return corrupt('metadata that is not text');
      metadata = value as Record<string, string>;
    } else {
      tensors.set(name, decodeEntry(name, value, start, size));
    }
  }
  // Sorted by offset each tensor begins where the one before ended, and the last ends the file.
  let end = start;
  for (const [name, entry] of [...tensors].sort(
    ([, a], [, b]) => a.offset - b.offset || a.length - b.length,
  )) {
    const fault = entry.offset < end ? 'overlaps another tensor' : 'leaves a hole before it';
    if (entry.offset !== end) return corrupt(`${show(name)} ${fault}`);
    end += entry.length;
  }
  if (end !== size) return corrupt(`its tensors end at byte ${end} of ${size}`);
  return { metadata, tensors };
}

function parse(json: Uint8Array): Record<string, unknown> {
  const much = tooMuchJson(json, MODEL_JSON);
  if (much !== undefined) return corrupt(`of the header: ${much}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return corrupt('the header is not JSON');
  }
  return isRecord(header) ? header : corrupt('the header is not an object');
}

function decodeEntry(name: string, value: Record<string, unknown>, start: number, size: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) return corrupt(`${show(name)} has the unknown dtype ${show(dtype)}`);
  if (!isCounts(shape)) return corrupt(`${show(name)} has the shape ${show(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2)
    return corrupt(`${show(name)} has the offsets ${show(offsets)}`);
  const [from, to] = offsets as [number, number];
  if (from > to || start + to > size) {
    return corrupt(
      `${show(name)} lies at bytes ${start + from} to ${start + to} of ${size}: truncated or forged`,
    );
  }
  const needed = shape.reduce((product, n) => product * n, ELEMENT_BYTES[dtype]);
  if (needed !== to - from) return corrupt(`${show(name)} has ${to - from} bytes and needs ${needed}`);
  return { dtype, shape, offset: start + from, length: to - from };
}

/**
 * Length prefix and header of tensors that follow in this order, padded so that the first begins at a
 * multiple of 8.
 */
export function encodeHeader(
  tensors: readonly { name: string; dtype: SafetensorsDType; shape: readonly number[]; length: number }[],
  metadata: readonly (readonly [string, string])[],
): Uint8Array {
  const header: [string, unknown][] =
    metadata.length > 0 ? [['__metadata__', Object.fromEntries(metadata)]] : [];
  let offset = 0;
  for (const { name, dtype, shape, length } of tensors) {
    header.push([name, { dtype, shape, data_offsets: [offset, offset + length] }]);
    offset += length;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const out = Buffer.alloc(8 + padded, ' ');
  out.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(out, 8);
  return out;
}

const isDType = (x: unknown): x is SafetensorsDType =>
  typeof x === 'string' && Object.hasOwn(ELEMENT_BYTES, x);
const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);
const isCounts = (x: unknown): x is number[] =>
  Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);
const show = (x: unknown): string => (JSON.stringify(x) ?? String(x)).slice(0, 120);
