/**
 * How far the engine's numbers are from PyTorch's, diffusers' and transformers', as a table: every network
 * and sampler of tests/fixtures/tiny on the golden inputs. Largest difference relative to the largest value;
 * fp32, one thread.
 *   node bench/parity/measure.mjs        prints the table; --check fails above the bounds (1e-4 a call, 1e-3 a trajectory)
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sample } from '../../dist/engine/diffusion/sampler.js';
import { Graph } from '../../dist/engine/graph/graph.js';
import { readSafetensors } from '../../dist/engine/io/safetensors.js';
import { decode, encode, loadPipeline } from '../../dist/engine/models/pipeline.js';
import { encodePair, encodePrompt, textInputs } from '../../dist/engine/models/prompt.js';
import { unet } from '../../dist/engine/models/unet.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';
import { f32, rows } from '../../dist/engine/runtime/tensor.js';

const TINY = fileURLToPath(new URL('../../tests/fixtures/tiny/', import.meta.url));
const OUT = fileURLToPath(new URL('../out/', import.meta.url));
const PROMPTS = ['one blue rose in a vase', 'a black cat inside a cardboard box', ''];
const CALL = 1e-4;
const RUN = 1e-3;
/** Golden file -> how it was sampled. */
const RUNS = {
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

const table = [];
const golden = (file) => readSafetensors(join(TINY, `${file}.safetensors`));

function note(model, what, bound, found, expected) {
  if (found.length !== expected.length)
    throw new Error(`${model}: ${what}: ${found.length} of ${expected.length}`);
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  table.push({ model, what, error: difference / scale, bound });
}

async function callUnet(pipeline, cache, key, g0) {
  const { sample: x, timestep, encoder_hidden_states: states, text_embeds: pooled, time_ids: timeIds } = g0;
  const spec = { graph: 'parity', models: [], shapes: {}, options: { key } };
  const executor = await cache.get(spec, () => {
    const g = new Graph();
    const text = textInputs(g, { states: states.shape, pooled: pooled?.shape, timeIds: timeIds?.shape });
    const at = { sample: g.input('sample', x.shape), timestep: g.input('timestep', timestep.shape) };
    g.output('out', unet(g, pipeline, { ...at, ...text }));
    return g;
  });
  const t = f32(timestep.shape, Array.from(timestep.data, Number));
  const { out } = await executor.run({ sample: x, timestep: t, states, pooled, timeIds });
  return out.data;
}

const scaledBy = (t, k) =>
  f32(
    t.shape,
    t.data.map((x) => x * k),
  );

async function vae(pipeline, cache, model, what, { z, decoded, image, mean }) {
  const k = pipeline.vaeConfig.scaling_factor;
  note(
    model,
    `${what}VAE, decoding`,
    CALL,
    (await decode(pipeline, cache, scaledBy(z, k))).data,
    decoded.data,
  );
  if (image)
    note(
      model,
      `${what}VAE, encoding`,
      CALL,
      (await encode(pipeline, cache, image)).data,
      scaledBy(mean, k).data,
    );
}

async function wholeModel(model) {
  const cache = new ExecutorCache({ threads: 1 });
  const pipeline = await loadPipeline(join(TINY, model, 'model'));
  const text = golden(`${model}/text`);
  if (text.last_hidden_state) {
    const { states } = await encodePrompt(pipeline, cache, PROMPTS);
    note(model, 'text states', CALL, states.data, text.last_hidden_state.data);
  } else {
    const pair = { negative: '', prompt: PROMPTS[0] };
    const { states, pooled } = await encodePair(pipeline, cache, pair, pipeline.latentShape());
    note(model, 'text states of both encoders', CALL, rows(states, 1, 2).data, text.prompt_embeds.data);
    note(model, 'pooled state', CALL, rows(pooled, 1, 2).data, text.pooled.data);
  }
  const inputs = golden(`${model}/unet`);
  note(model, 'UNet', CALL, await callUnet(pipeline, cache, model, inputs), inputs.out.data);
  await vae(pipeline, cache, model, '', golden(`${model}/vae`));
  for (const [file, { config = {}, ...sampler }] of Object.entries(RUNS)) {
    if (!existsSync(join(TINY, model, `${file}.safetensors`))) continue;
    const { initial, steps, latents, images } = golden(`${model}/${file}`);
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
    note(model, `6 steps of ${sampler.scheduler}`, RUN, found.trajectory.data, latents.data);
    const decoded = (await decode(pipeline, cache, found.latents)).data.map((x) =>
      Math.max(-1, Math.min(1, x)),
    );
    note(model, `its images`, RUN, decoded, images.data);
  }
  await cache.clear();
}

/** sd15 in another layout: its own files over those of the model. */
async function layout(name, parts, root) {
  const cache = new ExecutorCache({ threads: 1 });
  const single = name === 'single-file';
  const folder = join(root, name);
  const replaced = (path) =>
    path.endsWith('.safetensors') && (single || parts.some((part) => path.includes(part)));
  cpSync(join(TINY, 'sd15/model'), folder, { recursive: true, filter: (path) => !replaced(path) });
  const from = join(TINY, 'sd15-layouts', name);
  if (single) cpSync(`${from}.safetensors`, `${folder}.safetensors`);
  else cpSync(from, folder, { recursive: true });
  const pipeline = await loadPipeline(single ? `${folder}.safetensors` : folder);
  const rounded = existsSync(`${from}.expected.safetensors`) ? golden(`sd15-layouts/${name}.expected`) : null;
  const inputs = golden('sd15/unet');
  const { z, decoded } = golden('sd15/vae');
  note(
    `sd15, ${name}`,
    'UNet',
    CALL,
    await callUnet(pipeline, cache, name, inputs),
    (rounded?.unet_out ?? inputs.out).data,
  );
  await vae(pipeline, cache, `sd15, ${name}`, '', { z, decoded: rounded?.vae_decoded ?? decoded });
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
