/**
 * How long a model takes to open and to compile, and how much of its weights is copied: npm run bench --
 * shapes/load FOLDER [PIXELS]. In this process: open (configurations, headers, tokenizers), compile
 * text encoder and the guided denoising step for one image, encode a prompt. Memory: `Anonymous` of
 * /proc/self/smaps_rollup is what this process has for itself; mapped weights are the page cache's, shared
 * with every other session of the model.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Graph } from '../../engine/graph/graph.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { encodePair, shapesOf, textInputs } from '../../engine/models/prompt.js';
import { guided } from '../../engine/models/unet.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';

const [folder, pixels = '512'] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('usage: npm run bench -- shapes/load FOLDER [PIXELS]\n');
  process.exit(2);
}
const mb = () => {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const of = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)![1]) / 1024;
  return { anonymous: of('Anonymous'), resident: of('Rss') };
};
interface Row {
  what: string;
  seconds: number;
  cpuSeconds: number;
  anonymousMb: number;
  residentMb: number;
}
const rows: Row[] = [];
let before = { ...mb(), wall: performance.now(), cpu: process.cpuUsage() };
const mark = (what: string) => {
  const used = process.cpuUsage(before.cpu);
  const now = mb();
  rows.push({
    what,
    seconds: (performance.now() - before.wall) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
    anonymousMb: now.anonymous - before.anonymous,
    residentMb: now.resident - before.resident,
  });
  before = { ...now, wall: performance.now(), cpu: process.cpuUsage() };
};

const cache = new ExecutorCache({ threads: 1 });
const pipeline = await loadPipeline(folder);
mark('open');
const latent = pipeline.latentShape(Number(pixels), Number(pixels));
const text = await encodePair(pipeline, cache, { negative: 'a', prompt: 'a black cat' }, latent);
mark('compile text encoders, encode a pair');
await cache.get({ graph: 'step', models: [], shapes: {}, options: {} }, () => {
  const g = new Graph();
  const inputs = { sample: g.input('sample', [1, ...latent]), timestep: g.input('timestep', [1]) };
  g.output(
    'out',
    guided(g, pipeline, { ...inputs, ...textInputs(g, shapesOf(text)) }, g.input('guidance', [])),
  );
  return g;
});
mark(`compile the guided step, ${pixels}x${pixels}`);
const weights = [pipeline.unet, pipeline.vae, ...pipeline.encoders.map((e) => e.weights)];
const total = weights.reduce((sum, { bytes }) => sum + bytes, 0);
const sum = (key: Exclude<keyof Row, 'what'>) => rows.reduce((n, row) => n + row[key], 0);
process.stdout.write(`${cpus()[0]!.model}; weights ${(total / 2 ** 20).toFixed(0)} MB\n\n`);
process.stdout.write('| | seconds | CPU s | private MB | resident MB |\n|---|---|---|---|---|\n');
const together: Row = {
  what: 'together',
  ...{ seconds: sum('seconds'), cpuSeconds: sum('cpuSeconds') },
  ...{ anonymousMb: sum('anonymousMb'), residentMb: sum('residentMb') },
};
for (const row of [...rows, together]) {
  const f = (x: number, digits: number) => x.toFixed(digits);
  process.stdout.write(
    `| ${row.what} | ${f(row.seconds, 2)} | ${f(row.cpuSeconds, 2)} | ${f(row.anonymousMb, 0)} | ${f(row.residentMb, 0)} |\n`,
  );
}
await cache.clear();
