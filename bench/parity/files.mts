/**
 * The matrix of files: every kind that pip's current libraries write, for the tiny SD 1.5, 2.1 and XL, is
 * opened here, and its images are held against those that diffusers makes of the same noise; what is not
 * built must be refused by its name.
 *   npm run bench -- parity/files          prints the table and puts it into docs/layouts.md; --check fails above the bound
 * Needs bench/.venv (bench/peers/setup.sh), or ACCLAIM_PYTHON; a minute or two.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAdapters } from '../../engine/adapters/read.js';
import { sample } from '../../engine/diffusion/sampler.js';
import { decode, loadPipeline } from '../../engine/models/pipeline.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { AcclaimError } from '../../src/errors.js';
import { projectPath } from '../../src/files/paths.js';
import { difference, Floats } from '../lib/floats.mjs';
import { python } from '../lib/python.mjs';

const TINY = projectPath('tests/fixtures/tiny');
const DOC = projectPath('docs/layouts.md');
/** Of an image, relative to its largest value. */
const BOUND = 1e-3;
const MODELS = ['sd15', 'sd21', 'sdxl'];

/** A file that files.py wrote. */
interface Written {
  kind: string;
  tool: string;
  /** Of MODELS. */
  name: string;
  model: string;
  adapter: string | null;
  prompt: string;
  eta: number;
  /** Images by diffusers; null: it is not built here. */
  reference: string | null;
  refused: string | null;
}

function written(folder: string): { libraries: string; cases: Written[] } {
  const { status, stdout } = spawnSync(python(), [projectPath('bench/parity/files.py'), TINY, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`files.py ended with ${status}`);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const [{ libraries }, ...cases] = lines.map((line) => JSON.parse(line)) as [
    { libraries: string },
    ...Written[],
  ];
  return { libraries, cases };
}

async function imagesOf({ name, model, adapter, prompt, eta }: Written): Promise<Float32Array> {
  const cache = new ExecutorCache({ threads: 1 });
  try {
    const pipeline = await loadPipeline(model);
    const golden = new Floats(join(TINY, name, 'ddim_eta1.safetensors'));
    const [initial, steps] = [golden.get('initial'), golden.get('steps')];
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
async function resultOf(file: Written): Promise<{ text: string; well: boolean }> {
  try {
    const found = await imagesOf(file);
    if (file.reference === null) return { text: 'taken, though it is not built', well: false };
    const error = difference(found, new Floats(file.reference).get('images').data);
    return { text: error.toExponential(1), well: error <= BOUND };
  } catch (error) {
    if (!(error instanceof AcclaimError)) throw error;
    const named = file.refused !== null && error.message.includes(file.refused);
    return { text: named ? `refused: ${file.refused}` : `refused: ${error.message}`, well: named };
  }
}

const root = mkdtempSync(join(tmpdir(), 'acclaim-files-'));
try {
  const { libraries, cases } = written(root);
  const rows = new Map<string, Record<string, string>>();
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
