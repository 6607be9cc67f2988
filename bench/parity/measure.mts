/**
 * How far the engine's numbers are from PyTorch's, diffusers' and transformers', as a table: every network
 * and sampler of tests/fixtures/tiny on the golden inputs. Largest difference relative to the largest value;
 * fp32, one thread.
 *   npm run bench -- parity/measure        prints the table; --check fails above the bounds (1e-4 a call, 1e-3 a trajectory)
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sample } from '../../engine/diffusion/sampler.js';
import type { SchedulerName } from '../../engine/diffusion/schedule.js';
import { Graph } from '../../engine/graph/graph.js';
import { decode, encode, loadPipeline, type Pipeline } from '../../engine/models/pipeline.js';
import { encodePair, encodePrompt, textInputs } from '../../engine/models/prompt.js';
import { unet } from '../../engine/models/unet.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../engine/runtime/tensor.js';
import { projectPath } from '../../src/files/paths.js';
import { difference, Floats } from '../lib/floats.mjs';

const TINY = projectPath('tests/fixtures/tiny');
const OUT = projectPath('bench/out');
const PROMPTS: readonly [string, ...string[]] = [
  'one blue rose in a vase',
  'a black cat inside a cardboard box',
  '',
];
const CALL = 1e-4;
const RUN = 1e-3;
interface Sampled {
  scheduler: SchedulerName;
  eta: number;
  config?: object;
}

/** Golden file -> how it was sampled. */
const RUNS: Readonly<Record<string, Sampled>> = {
  ddim_eta1: { scheduler: 'ddim', eta: 1 },
  euler: { scheduler: 'euler', eta: 0 },
  euler_ancestral: { scheduler: 'euler-ancestral', eta: 1 },
  dpmpp_2m: { scheduler: 'dpmpp-2m', eta: 0 },
  dpmpp_2m_sde_karras: {
    scheduler: 'dpmpp-2m-sde',
    eta: 1,
    config: { use_karras_sigmas: true, timestep_spacing: 'linspace' },
  },
};

interface Row {
  model: string;
  what: string;
  error: number;
  bound: number;
}
const table: Row[] = [];
const golden = (file: string) => new Floats(join(TINY, `${file}.safetensors`));

type Of = Pick<Row, 'model' | 'what' | 'bound'>;
const note = (of: Of, found: ArrayLike<number>, expected: FloatTensor) =>
  table.push({ ...of, error: difference(found, expected.data) });

interface Opened {
  pipeline: Pipeline;
  cache: ExecutorCache;
}

async function callUnet({ pipeline, cache }: Opened, key: string, of: Floats): Promise<ArrayLike<number>> {
  const [x, timestep, states] = [of.get('sample'), of.get('timestep'), of.get('encoder_hidden_states')];
  const more = of.has('text_embeds') ? { pooled: of.get('text_embeds'), timeIds: of.get('time_ids') } : {};
  const shapes = Object.fromEntries(Object.entries(more).map(([name, { shape }]) => [name, shape]));
  const spec = { graph: 'parity', models: [], shapes: {}, options: { key } };
  const executor = await cache.get(spec, () => {
    const g = new Graph();
    const text = textInputs(g, { states: states.shape, ...shapes });
    const at = { sample: g.input('sample', x.shape), timestep: g.input('timestep', timestep.shape) };
    g.output('out', unet(g, pipeline, { ...at, ...text }));
    return g;
  });
  const { out } = await executor.run({ sample: x, timestep, states, ...more });
  return (out as FloatTensor).data;
}

const scaledBy = (t: FloatTensor, k: number) =>
  f32(
    t.shape,
    t.data.map((x) => x * k),
  );

/** What a decoder is given and must give; an encoder too, where the golden file has it. */
interface GoldenVae {
  z: FloatTensor;
  decoded: FloatTensor;
  image?: FloatTensor;
  mean?: FloatTensor;
}

async function vae({ pipeline, cache }: Opened, model: string, golden: GoldenVae): Promise<void> {
  const { z, decoded, image, mean } = golden;
  const k = pipeline.vaeConfig.scaling_factor;
  const shown = await decode(pipeline, cache, scaledBy(z, k));
  note({ model, what: 'VAE, decoding', bound: CALL }, shown.data, decoded);
  if (!image || !mean) return;
  const latent = await encode(pipeline, cache, image);
  note({ model, what: 'VAE, encoding', bound: CALL }, latent.data, scaledBy(mean, k));
}

async function texts({ pipeline, cache }: Opened, model: string): Promise<void> {
  const text = golden(`${model}/text`);
  const told = (what: string) => ({ model, what, bound: CALL });
  if (text.has('last_hidden_state')) {
    const { states } = await encodePrompt(pipeline, cache, PROMPTS);
    note(told('text states'), states.data, text.get('last_hidden_state'));
    return;
  }
  const pair = { negative: '', prompt: PROMPTS[0] };
  const { states, pooled } = await encodePair(pipeline, cache, pair, pipeline.latentShape());
  note(told('text states of both encoders'), rows(states, 1, 2).data, text.get('prompt_embeds'));
  note(told('pooled state'), rows(pooled!, 1, 2).data, text.get('pooled'));
}

async function sampled({ pipeline, cache }: Opened, model: string, file: string): Promise<void> {
  const { config = {}, ...sampler } = RUNS[file]!;
  const run = golden(`${model}/${file}`);
  const [initial, steps] = [run.get('initial'), run.get('steps')];
  const size = initial.data.length;
  const found = await sample({
    pipeline: { ...pipeline, scheduler: { ...pipeline.scheduler, set_alpha_to_one: false, ...config } },
    cache,
    prompt: PROMPTS[0],
    negative: '',
    noise: initial,
    stepNoise: (k) => steps.data.subarray(k * size, (k + 1) * size),
    sampler: { steps: 6, guidance: 5, ...sampler },
    keep: 'trajectory',
  });
  const what = `6 steps of ${sampler.scheduler}`;
  note({ model, what, bound: RUN }, found.trajectory!.data, run.get('latents'));
  const decoded = await decode(pipeline, cache, found.latents);
  const clamped = decoded.data.map((x) => Math.max(-1, Math.min(1, x)));
  note({ model, what: 'its images', bound: RUN }, clamped, run.get('images'));
}

async function wholeModel(model: string): Promise<void> {
  const cache = new ExecutorCache({ threads: 1 });
  const opened = { cache, pipeline: await loadPipeline(join(TINY, model, 'model')) };
  await texts(opened, model);
  const inputs = golden(`${model}/unet`);
  const found = await callUnet(opened, model, inputs);
  note({ model, what: 'UNet', bound: CALL }, found, inputs.get('out'));
  await vae(opened, model, golden(`${model}/vae`).all as unknown as GoldenVae);
  for (const file of Object.keys(RUNS))
    if (existsSync(join(TINY, model, `${file}.safetensors`))) await sampled(opened, model, file);
  await cache.clear();
}

/** sd15 in another layout: its own files over those of the model. */
async function layout(name: string, parts: readonly string[], root: string): Promise<void> {
  const cache = new ExecutorCache({ threads: 1 });
  const single = name === 'single-file';
  const folder = join(root, name);
  const replaced = (path: string) =>
    path.endsWith('.safetensors') && (single || parts.some((part) => path.includes(part)));
  cpSync(join(TINY, 'sd15/model'), folder, { recursive: true, filter: (path) => !replaced(path) });
  const from = join(TINY, 'sd15-layouts', name);
  if (single) cpSync(`${from}.safetensors`, `${folder}.safetensors`);
  else cpSync(from, folder, { recursive: true });
  const opened = { cache, pipeline: await loadPipeline(single ? `${folder}.safetensors` : folder) };
  const rounded = existsSync(`${from}.expected.safetensors`) ? golden(`sd15-layouts/${name}.expected`) : null;
  const inputs = golden('sd15/unet');
  const coders = golden('sd15/vae');
  const model = `sd15, ${name}`;
  const out = rounded?.has('unet_out') ? rounded.get('unet_out') : inputs.get('out');
  note({ model, what: 'UNet', bound: CALL }, await callUnet(opened, name, inputs), out);
  const decoded = rounded?.has('vae_decoded') ? rounded.get('vae_decoded') : coders.get('decoded');
  await vae(opened, model, { z: coders.get('z'), decoded });
  await cache.clear();
}

for (const model of ['sd15', 'sd21', 'sdxl']) await wholeModel(model);
const root = mkdtempSync(join(tmpdir(), 'acclaim-parity-'));
try {
  const all = ['unet', 'vae', 'text_encoder'];
  for (const name of ['fp16-variant', 'bf16', 'single-file']) await layout(name, all, root);
  await layout('sharded', ['unet'], root);
  await layout('old-vae-keys', ['vae'], root);
} finally {
  rmSync(root, { recursive: true });
}
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, 'parity.json'), `${JSON.stringify(table, null, 2)}\n`);
process.stdout.write('| model | what | relative error | bound |\n|---|---|---|---|\n');
for (const { model, what, error, bound } of table)
  process.stdout.write(`| ${model} | ${what} | ${error.toExponential(1)} | ${bound.toExponential(0)} |\n`);
const over = table.filter(({ error, bound }) => !(error <= bound));
if (process.argv.includes('--check') && over.length > 0) {
  process.stderr.write(`${over.length} above their bounds\n`);
  process.exitCode = 1;
}
