/**
 * `npm run bench -- peers/adapters`: are our LoRAs, taken away, what they are here? A LoRA on all layers is
 * exported in each format; images are made here with the adapter and by diffusers with the exported file,
 * from the same noise. Needs bench/.venv (setup.sh). Prints the largest difference of an image, relative;
 * fails above the bounds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeKohya } from '../../engine/adapters/kohya.js';
import { writeMerged } from '../../engine/adapters/merge-model.js';
import { readAdapter, readWeighted } from '../../engine/adapters/read.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { projectPath } from '../../src/files/paths.js';
import { python } from '../lib/python.mjs';

const interpreter = python();
const fixtures = projectPath('tests/fixtures');
const dir = mkdtempSync(join(tmpdir(), 'acclaim-peer-adapters-'));
/** A trajectory of several steps; a merged model's weights are rounded to the base model's precision. */
const BOUND = 1e-3;
const ROUNDED = 3e-2;

interface Case {
  name: string;
  model: string;
  adapter: string;
  noise: string;
  /** Tokens of a prompt. */
  length: number;
  steps: number;
  half?: true;
}

const cases: readonly Case[] = [
  {
    name: 'mini',
    model: 'models/mini',
    adapter: 'mini/lora_all',
    noise: 'mini/trajectory_eta1',
    length: 32,
    steps: 20,
    half: true,
  },
  {
    name: 'sd15',
    model: 'tests/fixtures/tiny/sd15/model',
    adapter: 'tiny/sd15-adapters/all-alpha8.diffusers',
    noise: 'tiny/sd15/ddim_eta1',
    length: 77,
    steps: 6,
  },
  {
    name: 'sd21',
    model: 'tests/fixtures/tiny/sd21/model',
    adapter: 'tiny/sd21-adapters/all-alpha8.diffusers',
    noise: 'tiny/sd21/ddim_eta1',
    length: 77,
    steps: 6,
  },
  {
    name: 'sdxl',
    model: 'tests/fixtures/tiny/sdxl/model',
    adapter: 'tiny/sdxl-adapters/all-alpha8.diffusers',
    noise: 'tiny/sdxl/ddim_eta1',
    length: 77,
    steps: 6,
  },
];

const prompt = 'one blue rose in a vase';
const guidance = 5;
interface Asked {
  name: string;
  format: string;
  bound: number;
  model_kind: string;
  prompt: string;
  guidance: number;
  length: number;
  noise: string;
  ours: string;
  model: string;
  adapter: string | null;
}

const asked: Asked[] = [];
for (const { name, half, length, steps, ...c } of cases) {
  const model = projectPath(c.model);
  const adapter = join(fixtures, `${c.adapter}.safetensors`);
  const noise = join(fixtures, `${c.noise}.safetensors`);
  const pipeline = await loadPipeline(model);
  const kohya = join(dir, `${name}-kohya.safetensors`);
  const merged = join(dir, `${name}-merged`);
  writeKohya(pipeline, readAdapter(pipeline, adapter), kohya, {});
  await writeMerged(pipeline, readWeighted(pipeline, [{ path: adapter, weight: 1 }]), merged, {});
  const ours = join(dir, `${name}.safetensors`);
  const generate = [
    'generate',
    '--model',
    model,
    '--prompt',
    prompt,
    '--steps',
    steps,
    '--guidance',
    guidance,
    '--eta',
    1,
    '--scheduler',
    'ddim',
    '--adapter',
    adapter,
    '--noise',
    noise,
    '--trajectory',
    ours,
    '--out',
    join(dir, name),
    '--threads',
    1,
  ];
  execFileSync(process.execPath, [projectPath('dist/src/acclaim.js'), ...generate.map(String)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const common = { model_kind: name, prompt, guidance, length, noise, ours };
  asked.push(
    { name, format: 'diffusers', bound: BOUND, ...common, model, adapter },
    { name, format: 'kohya', bound: BOUND, ...common, model, adapter: kohya },
    { name, format: 'merged', bound: half ? ROUNDED : BOUND, ...common, model: merged, adapter: null },
  );
}
const script = projectPath('bench/peers/adapters.py');
const { stdout, stderr } = spawnSync(interpreter, [script], {
  input: asked.map((c) => JSON.stringify(c)).join('\n'),
  encoding: 'utf8',
});
const answers = stdout
  .trim()
  .split('\n')
  .map((line): { error?: number; error_text?: string } => JSON.parse(line));
console.log('| model | format | largest difference |\n|---|---|---|');
let failed = answers.length !== asked.length;
for (const [i, { name, format, bound }] of asked.entries()) {
  const { error, error_text: text } = answers[i] ?? { error_text: 'no answer' };
  failed ||= !(error !== undefined && error <= bound);
  console.log(`| ${name} | ${format} | ${error?.toExponential(1) ?? text} |`);
}
if (failed) console.error(stderr.split('\n').slice(-8).join('\n'));
rmSync(dir, { recursive: true });
process.exitCode = failed ? 1 : 0;
