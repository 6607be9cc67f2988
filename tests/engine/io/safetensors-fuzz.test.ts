/** Mutated files, seeded: each is read whole or refused with the one code; nothing else is ever thrown. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { f32, i64 } from '../../../engine/runtime/tensor.js';
import { AcclaimError } from '../../../src/errors.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true }));

it('survives any few changed bytes', () => {
  const file = join(dir, 'x.safetensors');
  writeSafetensors(file, { a: f32([2, 3]), b: i64([2], [1, 2]), c: f32([]) }, { format: 'pt' });
  const whole = readFileSync(file);
  const headerEnd = 8 + Number(whole.readBigUInt64LE());
  const change = fc.tuple(fc.nat(headerEnd - 1), fc.nat(255));
  const outcomes = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(3), (changes, cut) => {
      const bytes = Buffer.from(whole.subarray(0, whole.length - cut));
      for (const [at, value] of changes) bytes[at] = value;
      writeFileSync(file, bytes);
      try {
        readSafetensors(file);
        outcomes.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(AcclaimError);
        expect(['file-corrupt', 'model-unsupported']).toContain((error as AcclaimError).code);
        outcomes.refused++;
      }
    }),
    { seed: 7, numRuns: 800 },
  );
  // Both happen: a changed letter of a name is still a file.
  expect(outcomes.refused).toBeGreaterThan(400);
  expect(outcomes.read).toBeGreaterThan(0);
});
