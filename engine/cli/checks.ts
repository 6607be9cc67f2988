/**
 * The engine's half of `acclaim doctor`: which devices work and why others do not; whether the model opens.
 */
import type { Check, EngineQuestion } from '../../src/cli/check.js';
import { modelFamily } from '../../src/config/models.js';
import { stackFor } from '../../src/config/stack.js';
import { toPlain } from '../../src/errors.js';
import { modelHash } from '../../src/models/model-hash.js';
import { readStack } from '../adapters/stack.js';
import { DeviceVerdicts } from '../device-verdicts.js';
import { precisionOf, tryApart, whyNotInt8 } from '../devices.js';
import { substitution } from '../diffusion/native.js';
import { int8Choice, int8Folder } from '../models/int8/unet.js';
import { loadPipeline } from '../models/pipeline.js';

const hints: Record<string, string> = {
  cuda: 'Linux on x64 with an NVIDIA card, CUDA 12 and cuDNN 9: `npm run install-cuda` fetches the provider.',
  webgpu:
    'It needs a Vulkan, Metal or Direct3D 12 driver. Linux: the loader libvulkan.so.1 (Debian: libvulkan1) and the driver of the card.',
  dml: 'Windows only.',
  coreml: 'macOS only.',
  cpu: 'onnxruntime-node does not load here: remove node_modules and run `npm run setup`.',
};

async function checkDevices({ devices, known, precision, dataDir }: EngineQuestion): Promise<Check[]> {
  const verdicts = new DeviceVerdicts(dataDir);
  const checks: Check[] = [];
  let used: string | undefined;
  for (const device of [...new Set([...devices, ...known])]) {
    const wanted = devices.includes(device);
    const { ok, reason, half, notes } = await tryApart(device, verdicts);
    if (ok && wanted) used ??= device;
    const why = await whyNotInt8(device, precision);
    const chosen = precision === 'int8' && !why ? precision : precisionOf(device, half, precision);
    const short = precision !== 'auto' && chosen !== precision;
    const works = device === used ? `works; sessions run here, in ${chosen}` : 'works';
    checks.push({
      name: `device ${device}`,
      state: ok ? (device === used && short ? 'warn' : 'ok') : wanted ? 'warn' : 'off',
      found: ok ? [works, ...notes, ...(device === used && why ? [why] : [])].join('; ') : reason,
      hint: ok ? (device === used && short ? 'Set engine.precision to auto.' : '') : (hints[device] ?? ''),
    });
  }
  if (used === undefined) {
    checks.push({
      name: 'device',
      state: 'fail',
      found: `none of engine.devices works: ${devices.join(', ')}`,
      hint: 'Add cpu to engine.devices.',
      code: 'device-unavailable',
    });
  }
  return checks;
}

async function checkModel({ model: dir, precision, dataDir }: EngineQuestion): Promise<Check> {
  try {
    const { family, defaultSize, scheduler } = await loadPipeline(dir);
    const note = substitution(scheduler, 'ddim');
    const hash = await modelHash(dir);
    const notes = [note, precision === 'int8' ? int8Said(hash, dataDir) : null];
    const { width, height } = defaultSize;
    return {
      name: 'model',
      state: 'ok',
      found: [`${dir} (${family}, ${width}x${height}, sha256 ${hash.slice(0, 12)})`, ...notes]
        .filter((one) => one !== null)
        .join('; '),
      hint: '',
    };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return { name: 'model', state: 'fail', found: message, hint, code };
  }
}

/** Which of its layers are drawn in int8. */
function int8Said(hash: string, dataDir: string): string {
  const choice = int8Choice(hash, int8Folder(dataDir));
  if (!choice) return 'its int8 weights are made with the first round';
  const { taken, inexact, small } = choice;
  return `${taken} of ${taken + inexact + small} linear layers are drawn in int8 (${small} are too small to gain, ${inexact} too inexact)`;
}

/** Whether the configured LoRAs fit the configured model; none without any. */
async function checkAdapters(dir: string, adapters: readonly string[]): Promise<Check[]> {
  if (adapters.length === 0) return [];
  const name = 'adapters';
  try {
    const { stack } = stackFor(adapters, modelFamily(dir));
    readStack(await loadPipeline(dir), stack);
    const found = stack.map(({ name, file, weight }) => `${name ?? file} (${weight})`).join(', ');
    return [{ name, state: 'ok', found: `sessions are drawn with ${found}`, hint: '' }];
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return [{ name, state: 'fail', found: message, hint, code }];
  }
}

/** The engine's half of `acclaim doctor`: the model, the LoRAs, the devices. */
export async function checkEngine(question: EngineQuestion): Promise<Check[]> {
  return [
    await checkModel(question),
    ...(await checkAdapters(question.model, question.adapters ?? [])),
    ...(await checkDevices(question)),
  ];
}
