/**
 * safetensors files: 8 bytes of header length, the header, the tensors' bytes. Reading gives one coded error
 * for a hostile or torn file. Writing is atomic (temporary name, fsync, rename) and the same tensors give the
 * same bytes: wider elements first, so that each is aligned, then by name; metadata keys sorted.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { readFault } from '../../src/files/reading.js';
import { type ExternalWeight, numel } from '../graph/value.js';
import type { Tensor } from '../runtime/tensor.js';
import { bfloatToFloat, halfToFloat } from './half.js';
import {
  decodeHeader,
  encodeHeader,
  type Header,
  HeaderError,
  MAX_HEADER_BYTES,
  type TensorEntry,
} from './safetensors-header.js';

export interface SafetensorsFile extends Header {
  /** Absolute path. */
  readonly file: string;
}

type CorruptCode = 'file-corrupt' | 'model-corrupt' | 'checkpoint-corrupt' | 'round-corrupt';

/** Reads and checks the header. Errors: file-not-found, or `code` for anything that the format forbids. */
export function openSafetensors(path: string, code: CorruptCode = 'file-corrupt'): SafetensorsFile {
  const file = resolve(path);
  return withFile(file, (fd) => {
    try {
      return { file, ...readHeader(fd) };
    } catch (error) {
      if (!(error instanceof HeaderError)) throw error;
      const cause = `${file}: not a valid safetensors file: ${error.message}`;
      throw new AcclaimError(code, cause, 'Fetch or write the file again.', { cause: error });
    }
  });
}

function readHeader(fd: number): Header {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new HeaderError('not a regular file');
  if (stat.size < 8) throw new HeaderError(`${stat.size} bytes are too few for a header`);
  const length = readExactly(fd, 0, 8).readBigUInt64LE();
  if (length > MAX_HEADER_BYTES || length > BigInt(stat.size - 8)) {
    throw new HeaderError(`the header claims ${length} bytes of ${stat.size}`);
  }
  const start = 8 + Number(length);
  return decodeHeader(readExactly(fd, 8, Number(length)), start, stat.size);
}

/** One tensor: F32, F16 and BF16 as float32, I64 as int64. */
export function readTensor(source: SafetensorsFile, name: string): Tensor {
  const entry = source.tensors.get(name);
  if (!entry)
    throw new AcclaimError(
      'file-corrupt',
      `${source.file} has no tensor ${name}`,
      'Fetch or write the file again.',
    );
  return withFile(source.file, (fd) =>
    decodeTensor(source.file, name, entry, readExactly(fd, entry.offset, entry.length)),
  );
}

/** The bytes of one tensor that is there, of whatever dtype. */
export const readBytes = ({ file }: Pick<SafetensorsFile, 'file'>, { offset, length }: TensorEntry): Buffer =>
  withFile(file, (fd) => readExactly(fd, offset, length));

/** Every tensor of a file. */
export function readSafetensors(path: string, code: CorruptCode = 'file-corrupt'): Record<string, Tensor> {
  const source = openSafetensors(path, code);
  return Object.fromEntries([...source.tensors.keys()].map((name) => [name, readTensor(source, name)]));
}

const WEIGHT_DTYPES = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
] as const);

/**
 * A tensor as a weight that a graph maps without copying; undefined where there is none or its dtype is no
 * weight's.
 */
export function externalWeight(source: SafetensorsFile, name: string): ExternalWeight | undefined {
  const entry = source.tensors.get(name);
  const dtype = WEIGHT_DTYPES.get(entry?.dtype as 'F32');
  if (!entry || !dtype) return undefined;
  return { name, file: source.file, offset: entry.offset, length: entry.length, dtype, shape: entry.shape };
}

const WRITTEN_DTYPES = { float32: 'F32', float16: 'F16', int64: 'I64' } as const;

/** Nothing half-written is ever seen under the name `file`: it is the old content or the new. */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const entries = Object.entries(tensors).sort(
    ([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || byName(a, b),
  );
  const described = entries.map(([name, { dtype, shape, data }]) => {
    if (numel(shape) !== data.length)
      throw new Error(`${name}: ${data.length} elements cannot be [${shape}]`);
    return { name, dtype: WRITTEN_DTYPES[dtype], shape, length: data.byteLength };
  });
  const header = encodeHeader(
    described,
    Object.entries(metadata).sort(([a], [b]) => byName(a, b)),
  );
  writeAtomically(file, [
    header,
    ...entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

/** A tensor that is to be written. */
export interface Described {
  readonly name: string;
  readonly dtype: 'I8' | 'F32';
  readonly shape: readonly number[];
}

/**
 * As `writeSafetensors`, but each tensor is made when its turn comes and forgotten once it is written.
 * `onBytes` is shown all that the file is made of.
 */
export function writeSafetensorsOf(
  file: string,
  tensors: readonly Described[],
  make: (name: string) => Int8Array | Float32Array,
  onBytes: (bytes: Uint8Array) => void,
): void {
  const size = { I8: 1, F32: 4 };
  const entries = tensors
    .map((of) => ({ ...of, length: size[of.dtype] * numel(of.shape) }))
    .sort((a, b) => size[b.dtype] - size[a.dtype] || byName(a.name, b.name));
  function* chunks() {
    yield encodeHeader(entries, []);
    for (const { name } of entries) {
      const { buffer, byteOffset, byteLength } = make(name);
      yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  }
  function* shown() {
    for (const chunk of chunks()) {
      onBytes(chunk);
      yield chunk;
    }
  }
  writeAtomically(file, shown());
}

function writeAtomically(file: string, chunks: Iterable<Uint8Array>): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const fd = openSync(temporary, 'wx');
    try {
      for (const chunk of chunks)
        for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/**
 * Makes the rename itself durable. Windows cannot open a folder; there the rename is as safe as the system
 * makes it.
 */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function decodeTensor(file: string, name: string, { dtype, shape }: TensorEntry, bytes: Buffer): Tensor {
  const buffer = bytes.buffer as ArrayBuffer;
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', shape, data: new Float32Array(buffer) };
    case 'F16':
      return { dtype: 'float32', shape, data: halfToFloat(new Uint16Array(buffer)) };
    case 'BF16':
      return { dtype: 'float32', shape, data: bfloatToFloat(new Uint16Array(buffer)) };
    case 'I64':
      return { dtype: 'int64', shape, data: new BigInt64Array(buffer) };
    default:
      throw new AcclaimError(
        'model-unsupported',
        `${file}: ${name} has the dtype ${dtype}`,
        'Use F32, F16, BF16 or I64.',
      );
  }
}

function withFile<T>(file: string, use: (fd: number) => T): T {
  let fd: number;
  try {
    // A pipe in a file's place is not waited for, and then refused.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw readFault(error, file, { hint: 'Check the path, or fetch the files again.' });
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** `length` bytes in a buffer of their own, so that any element type is aligned. */
function readExactly(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const read = readSync(fd, buffer, done, length - done, offset + done);
    if (read === 0)
      throw new AcclaimError('file-corrupt', `a file ended ${length - done} bytes early`, 'Fetch it again.');
    done += read;
  }
  return buffer;
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
