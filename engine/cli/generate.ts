/**
 * `acclaim generate`: prompt in, images out, without a session. The same random streams as a session's round
 * 0, so a seed gives the same images here and there.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import { promptNotes } from '../../src/chat/prompt-syntax.js';
import { defineCommand } from '../../src/cli/command.js';
import {
  choice,
  fallback,
  flag,
  integer,
  mandatory,
  number,
  several,
  text,
  type Values,
} from '../../src/cli/options.js';
import { drawProgress } from '../../src/cli/progress.js';
import { adaptersFor } from '../../src/config/choice.js';
import { decoderFor, resolveModel, samplerFor } from '../../src/config/models.js';
import { type Config, deviceNames } from '../../src/config/schema.js';
import { type AdapterSource, parseAdapter } from '../../src/config/stack.js';
import { count as counted } from '../../src/domain/state/count.js';
import { AcclaimError } from '../../src/errors.js';
import { encodePng } from '../../src/images/png.js';
import { rasterFromFloats } from '../../src/images/raster.js';
import { modelHash } from '../../src/models/model-hash.js';
import { samplerSchema } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { adapterFile, readAdapters } from '../adapters/read.js';
import { substitution } from '../diffusion/native.js';
import { plainNoise } from '../diffusion/noise.js';
import { sample } from '../diffusion/sampler.js';
import { announceCosts, durationInWords } from '../foretold-costs.js';
import { writeFolder } from '../io/folder.js';
import { batchOf } from '../io/latents.js';
import { portable } from '../io/round.js';
import type { EngineContext } from '../jobs/context.js';
import { stepNoiseOf } from '../jobs/draw.js';
import { paced, type Report } from '../jobs/pace.js';
import { mustBeFinite } from '../models/finite.js';
import { decode } from '../models/pipeline.js';
import { hasTinyVae, type TinyVae } from '../models/tiny-vae.js';
import { rate } from '../runtime/rate.js';
import { rows } from '../runtime/tensor.js';
import { grid } from './grid.js';
import { readNoise, writeTrajectory } from './noise-file.js';
import { openEngine } from './open-engine.js';

const FORMAT = 'acclaim-images';

const options = {
  model: fallback(
    text('--model <path>', "name of config/models.yaml, folder in diffusers' layout, or .safetensors file"),
    'mini',
  ),
  prompt: mandatory(text('--prompt <text>', 'what to draw')),
  negative: fallback(text('--negative <text>', 'what guidance leads away from'), ''),
  count: integer('--count <n>', 'images to make; default 1, or as many as --noise holds', {
    min: 1,
    max: 4096,
  }),
  seed: fallback(integer('--seed <n>', 'seed of all noise', { min: 0, max: 2 ** 32 - 1 }), 0),
  steps: integer('--steps <n>', "sampling steps; default: the model's", { min: 1, max: 1000 }),
  guidance: number('--guidance <g>', "guidance scale, none up to 1; default: the model's", {
    min: 0,
    max: 50,
  }),
  eta: number('--eta <e>', 'noise of a step of ddim or tcd, 0 none to 1 full', { min: 0, max: 1 }),
  scheduler: choice(
    '--scheduler <name>',
    "how steps are taken; default: the model's",
    samplerSchema.shape.scheduler.options,
  ),
  decoder: choice('--decoder <name>', "what makes pictures of latents; default: the configuration's", [
    'vae',
    'tiny',
  ]),
  width: integer('--width <px>', "default: the model's own", { min: 8, max: 4096 }),
  height: integer('--height <px>', "default: the model's own", { min: 8, max: 4096 }),
  adapter: several('--adapter <file[:weight]>', 'LoRA file or checkpoint folder to apply, and how strongly'),
  noise: text(
    '--noise <file>',
    'safetensors with initial [N,C,h,w] and steps [T,N,C,h,w] instead of the generator',
  ),
  trajectory: text('--trajectory <file>', 'safetensors to write: latents, log_probs, timesteps, images'),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  set: several('--set <key=value>', 'one setting over the configuration'),
  device: choice('--device <name>', "default: the configuration's", deviceNames),
  threads: integer('--threads <n>', 'CPU threads; 0 = one a core', { min: 0, max: 1024 }),
  out: mandatory(text('--out <dir>', 'folder to write: 0000.png ..., sheet.png, manifest.json')),
  json: flag('--json', 'print figures as JSON'),
};

/** An output folder is replaced whole, so it must be ours, empty, or not there. */
function checkOut(out: string): void {
  if (!existsSync(out)) return;
  const refuse = (why: string) => {
    throw new AcclaimError('data-unwritable', `${out} ${why}`, 'Choose another --out.');
  };
  if (!statSync(out).isDirectory()) refuse('is a file');
  if (readdirSync(out).length === 0) return;
  const manifest = join(out, 'manifest.json');
  const ours = existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"format": "${FORMAT}"`);
  if (!ours) refuse('holds other things');
}

export const command = defineCommand(
  {
    args: [],
    options,
    examples: [
      'generate --prompt "a black cat inside a cardboard box" --count 9 --out cats',
      'generate --prompt "a hand" --seed 7 --steps 50 --adapter hand.safetensors --adapter ink.safetensors:0.5 --out hands',
    ],
  },
  async (v, _args, io) => {
    const out = resolve(v.out);
    const adapters = v.adapter.map(parseAdapter);
    checkOut(out);
    mustSpareMinors(v);
    const model = resolveModel(v.model);
    const { config, engine, notes, close } = await openEngine(v);
    const began = performance.now();
    const progress = drawProgress(io);
    announceCosts(engine, (text) => io.err(`${text}\n`));
    try {
      const asked = await ask(v, { engine, config, model, adapters });
      const made = await draw(v, asked, { report: paced(progress.report), signal: io.signal });
      await write(v, out, asked, made);
      progress.clear();
      const note = v.scheduler ? null : substitution(asked.pipeline.scheduler, asked.sampler.scheduler);
      const understood = [v.prompt, v.negative].flatMap(promptNotes);
      const all = [...notes, ...(note === null ? [] : [note]), ...understood];
      const { count } = asked;
      const seconds = (performance.now() - began) / 1000;
      const took = `${counted(count, 'image')} in ${seconds.toFixed(1)} s`;
      const pace = { seconds, imagesPerSecond: count / seconds };
      const figures = { out, count, ...pace, device: engine.device, notes: all };
      if (!v.json) for (const line of all) io.out(`note: ${line}\n`);
      io.out(v.json ? `${JSON.stringify(figures, null, 2)}\n` : `${took}: ${out}\n`);
    } finally {
      progress.clear();
      await close();
    }
  },
);

type Given = Values<typeof options>;

/** What the options come to, of this model. */
type Asked = Awaited<ReturnType<typeof ask>>;

/** Errors: those of opening the model and of reading --noise; usage, of a size; shape-mismatch. */
async function ask(
  v: Given,
  {
    engine,
    config,
    model,
    adapters,
  }: { engine: EngineContext; config: Config; model: string; adapters: AdapterSource[] },
) {
  const pipeline = await engine.drawing(model);
  const set = { steps: v.steps, guidance: v.guidance, eta: v.eta, scheduler: v.scheduler };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  const sampler = { ...samplerFor(config, model, adaptersFor(config, v.model)), ...given };
  const tiny = tinyOf(engine, decoderFor(config, model), model, v.decoder);
  const latent = pipeline.latentShape(v.width ?? null, v.height ?? null);
  const file = v.noise === undefined ? undefined : readNoise(v.noise, latent, sampler.steps);
  const count = v.count ?? file?.initial.shape[0] ?? 1;
  if (file && file.initial.shape[0] !== count) {
    const held = `${v.noise} holds ${counted(file.initial.shape[0]!, 'noise')}, not ${count}`;
    throw new AcclaimError('shape-mismatch', held, 'Leave --count out.');
  }
  return { engine, model, pipeline, sampler, tiny, latent, file, count, adapters };
}

/** Samples and decodes. Errors: those of the adapters; memory-short, not-finite, cancelled. */
async function draw(
  v: Given,
  { engine, pipeline, sampler, tiny, latent, file, count, adapters }: Asked,
  { report, signal }: { report: Report; signal: AbortSignal },
) {
  const size = latent[0] * latent[1] * latent[2];
  const streams = Array.from({ length: count }, (_, i) => new Rng(v.seed, 0, `steps.${i}`));
  const samples = await sample({
    pipeline,
    cache: engine.cache,
    prompt: v.prompt,
    negative: v.negative,
    noise: file?.initial ?? batchOf(plainNoise(count, size, new Rng(v.seed, 0, 'noise')), latent),
    stepNoise: file ? (k) => rows(file.steps, k, k + 1).data : stepNoiseOf(streams, latent),
    sampler,
    adapter: readAdapters(pipeline, adapters),
    onBegin: async (flops) => {
      const each = flops / (await rate(engine.cache));
      engine.onForetold?.(each, `sampling takes about ${durationInWords(each)} an image`);
      report('sample', 0, sampler.steps, undefined, each * count);
    },
    onStep: (done, total) => report('sample', done, total),
    signal,
    keep: v.trajectory === undefined ? 'none' : 'trajectory',
  });
  report('decode', 0, 1);
  const images = await decode(pipeline, engine.cache, samples.latents, tiny);
  mustBeFinite(images, pipeline, 'decode');
  return { samples, images };
}

/** The folder with its pictures, sheet and manifest; and what --trajectory names. */
async function write(
  v: Given,
  out: string,
  { engine, model, pipeline, sampler, tiny, latent, count, adapters }: Asked,
  { samples, images }: Awaited<ReturnType<typeof draw>>,
): Promise<void> {
  const [, , height, width] = images.shape as [number, number, number, number];
  const pictures = Array.from({ length: count }, (_, i) =>
    rasterFromFloats(rows(images, i, i + 1).data, width, height),
  );
  const facts = {
    prompt: v.prompt,
    negative: v.negative,
    seed: v.seed,
    sampler: portable(sampler),
    width,
    height,
    count,
    latent,
    model: { sha256: await modelHash(model), family: pipeline.family },
    ...(tiny && { decoder: await modelHash(tiny.dir) }),
    adapters: adapters.map(adapterFacts),
    noise: v.noise === undefined ? null : fileFacts(v.noise),
    device: engine.device,
    precision: pipeline.int8 ? 'int8' : engine.precision,
    threads: engine.threads,
    software: engine.software,
  };
  const names = pictures.map((_, i) => `${String(i).padStart(4, '0')}.png`);
  const pngs = await Promise.all(pictures.map((picture, i) => encodePng(picture, provenance(facts, i))));
  const sheet = await encodePng(grid(pictures), provenance(facts, null));
  writeFolder(out, { format: FORMAT, version: 1, ...facts, images: names }, (folder) => {
    for (const [i, png] of pngs.entries()) writeFileSync(join(folder, names[i]!), png);
    writeFileSync(join(folder, 'sheet.png'), sheet);
  });
  if (v.trajectory !== undefined) writeTrajectory(resolve(v.trajectory), samples, images);
}

/** Errors: file-not-found, where the tiny decoder is asked for by name and there is none. */
function tinyOf(
  engine: Pick<EngineContext, 'tinyVae'>,
  configured: ReturnType<typeof decoderFor>,
  model: string,
  asked: 'vae' | 'tiny' | undefined,
): TinyVae | undefined {
  if (asked === 'vae' || (asked === undefined && !configured?.rounds)) return undefined;
  const dir = configured?.tiny ?? (hasTinyVae(model) ? model : null);
  if (dir !== null) return engine.tinyVae(dir);
  if (asked === undefined) return undefined;
  throw new AcclaimError(
    'file-not-found',
    `there is no tiny decoder for ${model}`,
    "Fetch its family's: acclaim pull madebyollin/taesd (XL: madebyollin/taesdxl), or name one in decoder.tiny.",
  );
}

const adapterFacts = ({ path, weight }: AdapterSource) => ({ ...fileFacts(adapterFile(path)), weight });

/** Name and hash of a file that went into the images. */
function fileFacts(file: string): { file: string; sha256: string } {
  return { file: basename(file), sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

/** What a PNG carries of its origin; the sheet has no place in the order. */
function provenance(
  f: {
    software: string;
    prompt: string;
    negative: string;
    sampler: object;
    seed: number;
    model: { sha256: string };
  },
  index: number | null,
): Record<string, string> {
  return {
    Software: f.software,
    prompt: f.prompt,
    negative_prompt: f.negative,
    sampler: JSON.stringify(f.sampler),
    seed: String(f.seed),
    ...(index === null ? {} : { image: String(index) }),
    model_sha256: f.model.sha256,
  };
}
