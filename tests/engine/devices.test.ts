/**
 * Devices in the configured order, each tried in a process of its own, the reasons of those that were not
 * taken, and what is kept.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceVerdicts } from '../../engine/device-verdicts.js';
import { chooseDevice, precisionOf, whyNotInt8 } from '../../engine/devices.js';
import { int8Right } from '../../engine/runtime/int8-right.js';
import { refused, type SelfCheck } from '../../engine/runtime/self-check.js';

/** A device of another system than this one. */
const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';

it('takes the first that works, and says why those before it were not', async () => {
  const { name, emission, precision, notes } = await chooseDevice([elsewhere, 'cpu', 'cuda']);
  expect(name).toBe('cpu');
  expect(precision).toBe('fp32');
  expect(notes).toEqual([expect.stringMatching(new RegExp(`^${elsewhere} is not used: .{10}`))]);
  expect([...emission.plain]).toEqual([]);
});

it('fails with every reason where none works', async () => {
  await expect(chooseDevice([elsewhere])).rejects.toMatchObject({
    code: 'device-unavailable',
    message: expect.stringContaining(`${elsewhere}: `),
    hint: expect.stringContaining('cpu'),
  });
});

it.each([
  ['cpu', true, 'auto', 'fp32'],
  ['cpu', true, 'fp16', 'fp16'],
  ['webgpu', true, 'auto', 'fp16'],
  ['webgpu', true, 'fp32', 'fp32'],
  ['webgpu', false, 'auto', 'fp32'],
  ['webgpu', false, 'fp16', 'fp32'],
  ['cpu', true, 'int8', 'fp32'],
  ['webgpu', true, 'int8', 'fp16'],
] as const)('%s, float16 right: %s, wanted %s: %s', (device, right, wanted, precision) => {
  expect(precisionOf(device, right, wanted)).toBe(precision);
});

it('draws in int8 on a CPU that sums it rightly, where that is asked for, and says why not elsewhere', async () => {
  const [asked, unasked] = [await chooseDevice(['cpu'], 'int8'), await chooseDevice(['cpu'])];
  const right = await int8Right();
  // Processors that have instructions for it.
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  if (/avx512_vnni|avx_vnni|amx_int8|asimddp/.test(flags)) expect(right).toBe(true);
  expect([asked.int8, asked.precision, unasked.int8]).toEqual([right, 'fp32', false]);
  expect(asked.notes).toEqual(right ? [] : [expect.stringContaining('wrong sums')]);
  expect(await whyNotInt8('webgpu', 'int8')).toBe('int8 is for the CPU');
  expect(await whyNotInt8('webgpu', 'auto')).toBeNull();
});

// What drivers are is not told on Windows.
describe.skipIf(process.platform === 'win32')('verdicts', () => {
  const verdict: SelfCheck = {
    ok: true,
    reason: '',
    plain: ['Gelu'],
    late: ['float16'],
    half: true,
    notes: ['Gelu is odd'],
  };
  const temporary = () => {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-verdicts-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    return dir;
  };

  it('are believed without another try', async () => {
    const dir = temporary();
    new DeviceVerdicts(dir).put(elsewhere, verdict);
    const { name, emission, precision, notes } = await chooseDevice(
      [elsewhere],
      'auto',
      new DeviceVerdicts(dir),
    );
    expect({ name, precision, notes }).toEqual({
      name: elsewhere,
      precision: 'fp16',
      notes: [`${elsewhere}: Gelu is odd`],
    });
    expect([...emission.plain]).toEqual(['Gelu']);
  });

  it('are of one device, and refusals are none', () => {
    const verdicts = new DeviceVerdicts(temporary());
    verdicts.put('webgpu', refused('no driver'));
    expect(verdicts.get('webgpu')).toBeUndefined();
    verdicts.put('webgpu', verdict);
    expect(verdicts.get('webgpu')).toEqual(verdict);
    expect(verdicts.get('cuda')).toBeUndefined();
    verdicts.put('webgpu', refused('its driver ended the process'));
    expect(verdicts.get('webgpu')).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('end with the driver', () => {
    const dir = temporary();
    const [library, manifest] = [join(dir, 'driver.so'), join(dir, 'icd.json')];
    writeFileSync(library, 'one');
    writeFileSync(manifest, JSON.stringify({ ICD: { library_path: './driver.so' } }));
    const verdicts = new DeviceVerdicts(dir, { VK_DRIVER_FILES: manifest });
    verdicts.put('webgpu', verdict);
    expect(verdicts.get('webgpu')).toEqual(verdict);
    // Its update.
    utimesSync(library, 1e9, 1e9);
    expect(verdicts.get('webgpu')).toBeUndefined();
    // Another driver.
    verdicts.put('webgpu', verdict);
    expect(new DeviceVerdicts(dir, {}).get('webgpu')).toBeUndefined();
    expect(verdicts.get('webgpu')).toEqual(verdict);
  });

  it('from a file that is not ours are none, and the file is made good', () => {
    const dir = temporary();
    const file = join(dir, 'devices.json');
    const verdicts = new DeviceVerdicts(dir);
    for (const content of ['{', '[]', '{"webgpu 1": {"ok": true, "plain": ["Cosine"]}}']) {
      writeFileSync(file, content);
      expect(verdicts.get('webgpu')).toBeUndefined();
      verdicts.put('webgpu', verdict);
      expect(verdicts.get('webgpu')).toEqual(verdict);
      expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toHaveLength(1);
    }
  });

  it('without a data folder are not kept', () => {
    const verdicts = new DeviceVerdicts(join(temporary(), 'none'));
    verdicts.put('webgpu', verdict);
    expect(verdicts.get('webgpu')).toBeUndefined();
  });
});
