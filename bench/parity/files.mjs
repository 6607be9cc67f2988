/**
 * The matrix of files: every kind that pip's current libraries write, for the tiny SD 1.5, 2.1 and XL, is
 * opened here, and its images are held against those that diffusers makes of the same noise; what is not
 * built must be refused by its name.
 *   node bench/parity/files.mjs          prints the table and puts it into docs/layouts.md; --check fails above the bound
 * Needs bench/.venv (bench/peers/setup.sh), or ACCLAIM_PYTHON; a minute or two.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python } from '../../dist/bench/lib/python.mjs';
import { readAdapters } from '../../dist/engine/adapters/read.js';
import { sample } from '../../dist/engine/diffusion/sampler.js';
import { readSafetensors } from '../../dist/engine/io/safetensors.js';
import { decode, loadPipeline } from '../../dist/engine/models/pipeline.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TINY = here('../../tests/fixtures/tiny');
const DOC = here('../../docs/layouts.md');
/** Of an image, relative to its largest value. */
const BOUND = 1e-3;
const MODELS = ['sd15', 'sd21', 'sdxl'];

function written(folder) {
  const { status, stdout } = spawnSync(python(), [here('files.py'), TINY, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`files.py ended with ${status}`);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const [{ libraries }, ...cases] = lines.map((line) => JSON.parse(line));
  return { libraries, cases };
}

async function imagesOf({ name, model, adapter, prompt, eta }) {
  const cache = new ExecutorCache({ threads: 1 });
  try {
    const pipeline = await loadPipeline(model);
    const { initial, steps } = readSafetensors(join(TINY, name, 'ddim_eta1.safetensors'));
    const size = initial.data.length;
    const { latents } = await sample({
      pipeline: {
        ...pipeline,
        scheduler: { ...pipeline.scheduler, set_alpha_to_one: false, clip_sample: false },
      },
      cache,
      prompt,
      negative: '',
      noise: initial,
      stepNoise: (k) => steps.data.subarray(k * size, (k + 1) * size),
      sampler: { scheduler: 'ddim', steps: 3, guidance: 5, eta },
      adapter: readAdapters(pipeline, adapter === null ? [] : [{ path: adapter, weight: 1 }]),
      keep: 'none',
    });
    return (await decode(pipeline, cache, latents)).data.map((x) => Math.max(-1, Math.min(1, x)));
  } finally {
    await cache.clear();
  }
}

/** What came of a file: the words of the table, and whether they are as they should be. */
async function resultOf(file) {
  try {
    const found = await imagesOf(file);
    if (file.reference === null) return { text: 'taken, though it is not built', well: false };
    const { data } = readSafetensors(file.reference).images;
    let [difference, scale] = [0, 0];
    for (const [i, x] of data.entries()) {
      difference = Math.max(difference, Math.abs(found[i] - x));
      scale = Math.max(scale, Math.abs(x));
    }
    const error = difference / scale;
    return { text: error.toExponential(1), well: error <= BOUND };
  } catch (error) {
    if (error.code === undefined) throw error;
    const named = file.refused !== null && error.message.includes(file.refused);
    return { text: named ? `refused: ${file.refused}` : `refused: ${error.message}`, well: named };
  }
}

const root = mkdtempSync(join(tmpdir(), 'acclaim-files-'));
try {
  const { libraries, cases } = written(root);
  const rows = new Map();
  let wrong = 0;
  for (const file of cases) {
    const { text, well } = await resultOf(file);
    if (!well) wrong++;
    const key = `${file.kind} | ${file.tool}`;
    rows.set(key, { ...rows.get(key), [file.name]: well ? text : `**${text}**` });
  }
  const table = [
    `Written by ${libraries}; largest difference of an image from diffusers', relative (bound: ${BOUND.toExponential(0)}):`,
    '',
    '| file | written by | SD 1.5 | SD 2.1 | XL |',
    '| --- | --- | --- | --- | --- |',
    ...[...rows].map(([key, found]) => `| ${key} | ${MODELS.map((name) => found[name] ?? '').join(' | ')} |`),
  ].join('\n');
  process.stdout.write(`${table}\n`);
  const doc = readFileSync(DOC, 'utf8');
  const marked = /(?<=<!-- files:begin -->\n)[\s\S]*(?=<!-- files:end -->)/;
  if (!marked.test(doc)) throw new Error(`${DOC} has no place for the table`);
  writeFileSync(
    DOC,
    doc.replace(marked, () => `${table}\n`),
  );
  if (wrong > 0) process.stderr.write(`${wrong} of ${cases.length} are not as they should be\n`);
  if (wrong > 0 && process.argv.includes('--check')) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true });
}
