// What a way of training does to success and to what nobody voted about, on the miniature: 64 votes in two
// rounds of 32 (hand: 256 in eight), then pictures from noises that no vote has seen. One process, one
// thread; base pictures, fits and figures are kept, so that it can be stopped and run again, and nothing is
// drawn twice. Usage: node bench/brain/train.mjs [--tasks hazard,cat] [--seeds 1,2] [--ways today,base-phi]
// [--count 128] [--out DIR] node bench/brain/train.mjs --table prints means, standard errors and worst over
// the tasks and seeds that every way has
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sample } from '../../dist/engine/diffusion/sampler.js';
import { batchOf } from '../../dist/engine/io/latents.js';
import { readSafetensors, writeSafetensors } from '../../dist/engine/io/safetensors.js';
import { judgeGraph, loadJudge } from '../../dist/engine/judge.js';
import { approvalBy, stretches } from '../../dist/engine/learn/early-stop.js';
import { fitGuided } from '../../dist/engine/learn/guided-fit.js';
import { adapterSpec } from '../../dist/engine/learn/hyperparameters.js';
import { firstState } from '../../dist/engine/learn/learner.js';
import { stepsOf } from '../../dist/engine/learn/steps.js';
import { crossFitted, fitVoteModel } from '../../dist/engine/learn/vote-model/fit.js';
import { mayVote } from '../../dist/engine/learn/vote-model/ghosts.js';
import { scoreWith, tells } from '../../dist/engine/learn/vote-model/model.js';
import { effectiveCount, replayWeightsBy } from '../../dist/engine/learn/vote-model/replay-weights.js';
import { diversity } from '../../dist/engine/measures/diversity.js';
import { features } from '../../dist/engine/models/features.js';
import { decode, loadPipeline } from '../../dist/engine/models/pipeline.js';
import { encodePair } from '../../dist/engine/models/prompt.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';
import { f32, rows } from '../../dist/engine/runtime/tensor.js';
import { learnerRegistry } from '../../dist/src/config/learners.js';
import { loadTask } from '../../dist/src/config/tasks.js';
import { rasterFromFloats } from '../../dist/src/images/raster.js';
import { hashPurpose, Rng } from '../../dist/src/rng.js';
import { compare } from './compare.mjs';
import { ways } from './ways.mjs';

const { values: given } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'hazard,cat,rose' },
    seeds: { type: 'string', default: '1,2,3,4' },
    ways: { type: 'string', default: Object.keys(ways).join() },
    count: { type: 'string', default: '128' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'out', 'training') },
    table: { type: 'boolean', default: false },
  },
});
const [COUNT, ROUND] = [Number(given.count), 32];
/** Base pictures that goods are compared with. */
const BASE = { hazard: 640, cat: 640, rose: 448, mountain: 512, hand: 448 };
const SAMPLER = { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' };
const ROUNDS = { hand: 8 };
const out = given.out;
for (const name of ['base', 'fits']) mkdirSync(join(out, name), { recursive: true });

if (given.table) {
  printTable(readRows(join(given.out, 'results.jsonl')));
  process.exit(0);
}

const pipeline = await loadPipeline('models/mini');
const judge = loadJudge('models/mini/judge');
const cache = new ExecutorCache({ threads: 1 });
const latent = pipeline.latentShape();
const size = latent[0] * latent[1] * latent[2];

/** Pictures from noises `from` .. of a stream: z_0, what the judge says, and their colours. */
async function draw(task, seed, round, from, count, adapter, until) {
  const { prompt, negative } = loadTask(task);
  const facts = [];
  for (let at = from; at < from + count; at += ROUND) {
    const n = Math.min(ROUND, from + count - at);
    const ids = Array.from({ length: ROUND }, (_, i) => at + Math.min(i, n - 1));
    const steps = ids.map((i) => new Rng(seed, round, `steps.${i}`));
    const { latents } = await sample({
      pipeline,
      cache,
      prompt,
      negative,
      adapter,
      until,
      sampler: SAMPLER,
      noise: batchOf(
        ids.map((i) => new Rng(seed, round, `noise.${i}`).normals(size)),
        latent,
      ),
      stepNoise: () =>
        batchOf(
          steps.map((rng) => rng.normals(size)),
          latent,
        ).data,
    });
    const images = await decode(pipeline, cache, latents);
    const seen = images.data.map((v) => Math.max(-1, Math.min(1, v)));
    const executor = await cache.get({ graph: 'judge', models: [], shapes: {}, options: {} }, () =>
      judgeGraph(judge, ROUND),
    );
    const logits = await executor.run({ images: f32(images.shape, seen) });
    for (let i = 0; i < n; i++) {
      const heads = Object.fromEntries(
        Object.keys(judge.config.heads).map((h) => {
          const row = Array.from(rows(logits[`logits.${h}`], i, i + 1).data);
          const top = Math.max(...row);
          const sum = row.reduce((s, l) => s + Math.exp(l - top), 0);
          return [h, row.map((l) => l - top - Math.log(sum))];
        }),
      );
      const picture = rasterFromFloats(rows(images, i, i + 1).data, 64, 64);
      facts.push({ z: Float32Array.from(rows(latents, i, i + 1).data), heads, colours: colours(picture) });
    }
  }
  return facts.map((fact) => ({ ...fact, good: isGood(task, fact.heads) }));
}

const isGood = (task, heads) => {
  const parts = judge.config.goals[task].map(([head, value]) => {
    const index = judge.config.heads[head].indexOf(value);
    return [heads[head][index], Math.max(...heads[head])];
  });
  return parts.every(([l, top]) => l === top) && parts.reduce((s, [l]) => s + l, 0) > Math.log(0.9);
};

/** Mean colour of the outer eighth, and of the middle half, of a picture. */
function colours({ data }) {
  const sums = { border: [0, 0, 0, 0], centre: [0, 0, 0, 0] };
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++) {
      const edge = Math.min(x, y, 63 - x, 63 - y);
      const to = edge < 8 ? sums.border : edge >= 16 ? sums.centre : null;
      if (!to) continue;
      for (let c = 0; c < 3; c++) to[c] += data[(y * 64 + x) * 3 + c];
      to[3]++;
    }
  return Object.fromEntries(Object.entries(sums).map(([k, s]) => [k, s.slice(0, 3).map((v) => v / s[3])]));
}

/**
 * Base pictures, drawn once: kept as tensors. Where fewer of the same are kept, those that are missing are
 * drawn.
 */
async function basePictures(task, seed, round, count) {
  const file = join(out, 'base', `${task}-${seed}-${round}-${count}.safetensors`);
  if (!existsSync(file)) {
    const kept = fewerIn('base', `${task}-${seed}-${round}-`, '.safetensors', count);
    const facts = kept ? await basePictures(task, seed, round, kept) : [];
    facts.push(...(await draw(task, seed, round, kept, count - kept)));
    save(file, {
      z: batchOf(
        facts.map((f) => f.z),
        latent,
      ),
      facts: bytes(JSON.stringify(facts.map(({ heads, colours, good }) => ({ heads, colours, good })))),
    });
  }
  const { z, facts } = readSafetensors(file, 'round-corrupt');
  return JSON.parse(Buffer.from(Uint8Array.from(facts.data)).toString()).map((fact, i) => ({
    ...fact,
    z: Float32Array.from(rows(z, i, i + 1).data),
  }));
}

/** What the model sees in pictures; kept in memory alone, it costs a tenth of a drawing. */
const seenIn = new Map();
async function see(task, facts) {
  const fresh = facts.filter((fact) => !seenIn.has(fact.z));
  for (let at = 0; at < fresh.length; at += ROUND) {
    const part = fresh.slice(at, at + ROUND);
    const padded = Array.from({ length: ROUND }, (_, i) => part[Math.min(i, part.length - 1)].z);
    const maps = await features(pipeline, cache, loadTask(task).prompt, batchOf(padded, latent), ROUND);
    for (const [i, { z }] of part.entries())
      seenIn.set(
        z,
        Object.fromEntries(
          Object.entries(maps).map(([name, map]) => [name, Float32Array.from(rows(map, i, i + 1).data)]),
        ),
      );
  }
  return facts.map(({ z }) => seenIn.get(z));
}

async function examplesOf(task, votes) {
  const seen = await see(task, votes);
  return votes.map((vote, i) => ({ features: seen[i], label: calledGood(vote) ? 1 : 0, weight: 1 }));
}

/** Of each voted good: what weighted replay makes of it, other votes being doubted as `doubt` says. */
async function replayed(task, votes, { temperature, doubt }, rng) {
  const examples = await examplesOf(task, votes);
  const weights = replayWeightsBy(
    fitVoteModel(examples, rng(), doubt),
    crossFitted(examples, rng(), doubt).filter((_, i) => calledGood(votes[i])),
    temperature,
  );
  return new Map(votes.filter(calledGood).map((vote, i) => [vote, weights[i]]));
}

/** Base pictures that nobody voted on and that the vote model likes, with how sure it is of it. */
async function ghostsOf(task, seed, round, { pictures, least, doubt }, votes, rng) {
  const model = fitVoteModel(await examplesOf(task, votes), rng, doubt);
  if (!(doubt ? mayVote(model) : model && tells(model, 0.8))) return [];
  const drawn = [];
  for (let of = 0; of <= round; of++) drawn.push(...(await basePictures(task, seed, 500 + of, pictures)));
  const opinions = scoreWith(model, await see(task, drawn));
  const liked = drawn.flatMap((picture, i) =>
    opinions[i].p > least ? [{ ...picture, weight: 2 * opinions[i].p - 1 }] : [],
  );
  say(
    `  ghosts: ${liked.length} of ${drawn.length}, ${liked.filter((p) => p.good).length} good, AUC ${model.auc.toFixed(3)}`,
  );
  return liked;
}

/** By the votes so far: how much of what an adapter draws would be liked. */
async function approvalOf(task, seed, round, votes) {
  const examples = await examplesOf(task, votes);
  const model = fitVoteModel(examples, new Rng(seed, round, 'learn.votes'));
  const { prompt, negative } = loadTask(task);
  const rng = (purpose) => new Rng(seed, round, `learn.${purpose}`);
  const drawn = { manifest: { prompt, negative, latent } };
  const { signal } = new AbortController();
  return approvalBy({ pipeline, cache, round: drawn, sampler: SAMPLER, rng, signal }, model, examples);
}

/** The largest number below `count` that a kept file has between the parts of its name; none: 0. */
function fewerIn(folder, head, tail, count) {
  const names = readdirSync(join(out, folder)).filter((name) => name.startsWith(head) && name.endsWith(tail));
  const numbers = names.map((name) => Number(name.slice(head.length, -tail.length)));
  return Math.max(0, ...numbers.filter((n) => n < count));
}

const bytes = (text) => f32([Buffer.byteLength(text)], Array.from(Buffer.from(text)));
function save(file, tensors) {
  writeSafetensors(`${file}.part${process.pid}`, tensors);
  renameSync(`${file}.part${process.pid}`, file);
}

/**
 * The adapter after `round`, fitted to `items` on from `before`; drawn randomness is the same for equal
 * rounds, so a fit of fewer steps that is kept goes on. The name has the number of steps between head and
 * tail.
 */
async function fitted([head, tail], task, seed, round, params, before, items, steps) {
  const file = join(out, 'fits', `${head}${steps}${tail}`);
  if (!existsSync(file)) {
    const taken = fewerIn('fits', head, tail, steps);
    if (taken) before = keptFit(join(out, 'fits', `${head}${taken}${tail}`));
    const rng = (purpose) => new Rng(seed, round, `learn.${purpose}`);
    const began = performance.now();
    const text = await encodePair(pipeline, cache, loadTask(task), latent);
    const state = before ?? firstState({ pipeline, params, rng });
    const reached = await fitGuided(
      {
        pipeline,
        cache,
        params,
        sampler: SAMPLER,
        round: { manifest: { latent } },
        text,
        rng,
        chosen: null,
        fitted() {},
        progress() {},
        signal: new AbortController().signal,
      },
      state,
      { items, steps, taken, stepScale: 1, variety: async () => 1 },
    );
    const { adapter, optimiser } = reached;
    const named = (prefix, list) => Object.entries(list).map(([k, v]) => [prefix + k, v]);
    save(
      file,
      Object.fromEntries([
        ...named('a.', adapter),
        ...named('m.', optimiser.m),
        ...named('v.', optimiser.v),
        ['step', f32([1], [optimiser.step])],
      ]),
    );
    say(
      `  ${head}${steps}${tail}: ${taken} to ${steps} steps on ${items.length}, ${((performance.now() - began) / 1000).toFixed(0)} s`,
    );
  }
  return keptFit(file);
}

function keptFit(file) {
  const all = readSafetensors(file, 'round-corrupt');
  const of = (prefix) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([k]) => k.startsWith(prefix))
        .map(([k, v]) => [k.slice(2), v]),
    );
  return { adapter: of('a.'), optimiser: { step: all.step.data[0], m: of('m.'), v: of('v.') } };
}

/** B_t A_t - lambda B_p A_p as an adapter of twice the rank. */
function minus(spec, tuned, drift, lambda) {
  const tensors = Object.fromEntries(
    Object.entries(tuned).map(([name, t]) => {
      const p = drift[name];
      if (name.endsWith('lora_A.weight')) {
        return [name, f32([2 * t.shape[0], ...t.shape.slice(1)], Float32Array.from([...t.data, ...p.data]))];
      }
      const [o, r] = t.shape;
      const data = new Float32Array(o * 2 * r);
      for (let i = 0; i < o; i++)
        for (let k = 0; k < r; k++) {
          data[i * 2 * r + k] = t.data[i * r + k];
          data[i * 2 * r + r + k] = -lambda * p.data[i * r + k];
        }
      return [name, f32([o, 2 * r, ...t.shape.slice(2)], data)];
    }),
  );
  return { spec: { ...spec, rank: 2 * spec.rank, alpha: 2 * spec.alpha }, tensors };
}

const say = (line) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

/** Weights of goods: inverse to how many others are near (Gaussian kernel at the median distance). */
function byDensity(items) {
  const d = items.map((a) => items.map((b) => a.z.reduce((s, v, i) => s + (v - b.z[i]) ** 2, 0)));
  const flat = d
    .flat()
    .filter((v) => v > 0)
    .sort((a, b) => a - b);
  const h = flat[flat.length >> 1] / 4;
  return d.map((row) => 1 / row.reduce((s, v) => s + Math.exp(-v / h), 0));
}

/** Some votes are turned round. */
const calledGood = ({ good, flip = false }) => good !== flip;
const vote = (picture, index) => ({ index, good: Number(calledGood(picture)), weight: 1 });

/** The names of fits say how many steps they took. */
const besideSteps = ({ steps, stepsPerGood, fullUntil, firstFactor, stopAt, ...rest }) => rest;

async function play(task, seed, cell) {
  const {
    replay = 'base',
    share = 0.5,
    lambda = 0,
    until = 1,
    density = false,
    driftBatch,
    ghosts,
    flips = 0,
    weigh = 0,
    doubt,
    learner = {},
    late = {},
  } = cell;
  const rounds = cell.rounds ?? ROUNDS[task] ?? 2;
  const key = JSON.stringify([
    replay,
    share,
    density,
    ...[learner, late].map(besideSteps),
    lambda ? 1 : 0,
    ...(ghosts ? [ghosts] : []),
    ...(flips || weigh ? [flips, weigh] : []),
    ...(doubt ? [doubt] : []),
  ]);
  // What was liked has no part in the drift adapter.
  const shownKey = JSON.stringify([share, ...[learner, late].map(besideSteps)]);
  const name = (of, part, before, round) => [
    `${task}-${seed}-${hashPurpose(of).toString(16)}-${part}${before.map((n) => `${n},`).join('')}`,
    `-${round}.safetensors`,
  ];
  const turned = new Rng(seed, 0, 'flips');
  const cast = (pictures) =>
    flips ? pictures.map((picture) => ({ ...picture, flip: turned.uniform() < flips })) : pictures;
  const shown = cast(await basePictures(task, seed, 0, ROUND));
  const goods = shown.filter(calledGood);
  const base = [...shown];
  const votes = [...shown];
  let labels = shown.map(vote);
  let [tuned, drift] = [null, null];
  const steps = [];
  const adapterOf = () =>
    lambda ? minus(spec, tuned.adapter, drift.adapter, lambda) : { spec, tensors: tuned.adapter };
  let params = learnerRegistry.acclaim.params.parse(learner);
  const spec = adapterSpec(params);
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      params = learnerRegistry.acclaim.params.parse({ ...learner, ...late });
      const fresh = Math.round(share * ROUND);
      const own = fresh ? cast((await basePictures(task, seed, round, ROUND)).slice(0, fresh)) : [];
      const rest =
        fresh < ROUND ? cast(await draw(task, seed, 1000 + round, 0, ROUND - fresh, adapterOf(), until)) : [];
      base.push(...own);
      goods.push(...own.filter(calledGood));
      if (replay === 'all') goods.push(...rest.filter(calledGood));
      votes.push(...own, ...rest);
      labels = (rest.length ? rest : own).map(vote);
    }
    const ghostly = ghosts
      ? await ghostsOf(task, seed, round, { ...ghosts, doubt }, votes, new Rng(seed, round, 'learn.votes'))
      : [];
    const fit = [...goods, ...ghostly];
    const heard = weigh
      ? await replayed(task, votes, { temperature: weigh, doubt }, () => new Rng(seed, round, 'learn.votes'))
      : new Map();
    const weights = density ? byDensity(fit) : fit.map((p) => p.weight ?? heard.get(p) ?? 1);
    const items = fit.map((p, i) => ({ latent: p.z, weight: weights[i] }));
    const all = base.map((p) => ({ latent: p.z, weight: 1 }));
    const own = driftBatch ? { ...params, batch: driftBatch } : params;
    const looks = params.stopAt < 1;
    const approval = looks ? await approvalOf(task, seed, round, votes) : null;
    const first = tuned === null;
    const n = stepsOf(params, approval ? null : labels, effectiveCount(weights), first);
    const [begunTuned, begunDrift, past] = [tuned, drift, [...steps]];
    for (const to of approval ? stretches(n, first) : [n]) {
      steps[round] = to;
      tuned = await fitted(name(key, 't', past, round), task, seed, round, params, begunTuned, items, to);
      if (lambda) {
        const file = name(shownKey, driftBatch ? `p${driftBatch}x` : 'p', past, round);
        drift = await fitted(file, task, seed, round, own, begunDrift, all, to);
      }
      const p = await approval?.(adapterOf());
      if (approval) say(`  ${task} ${seed} after ${steps} steps: P(good) ${p.toFixed(3)}`);
      if (p >= params.stopAt) break;
    }
  }
  const reference = await basePictures(task, hashPurpose(`reference of ${task}`), 0, BASE[task]);
  const test = await draw(task, hashPurpose(`test of ${task}`), 7, 0, COUNT, adapterOf(), until);
  return {
    steps,
    goods: goods.length,
    ...compare(
      reference,
      test,
      Object.keys(judge.config.heads),
      judge.config.goals[task].map(([h]) => h),
      diversity,
    ),
  };
}

function readRows(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/**
 * Of each two ways that share tasks and seeds the same are compared: the first named way's partners stand in
 * its own rows.
 */
function printTable(rows) {
  const wanted = given.ways.split(',').filter((way) => rows.some((row) => row.cell === way));
  const runs = (way) => rows.filter((row) => row.cell === way).map(({ task, seed }) => `${task} ${seed}`);
  const shared = runs(wanted[0]).filter((run) => wanted.every((way) => runs(way).includes(run)));
  console.log(`${shared.length} runs: ${shared.join(', ')}\n`);
  const figures = ['success', 'dgood', 'border', 'centre', 'latent', 'floor'];
  console.log(`| way | ${figures.join(' | ')} |\n| --- |${' --- |'.repeat(figures.length)}`);
  for (const way of wanted) {
    const own = rows.filter((row) => row.cell === way && shared.includes(`${row.task} ${row.seed}`));
    console.log(
      `| ${way} | ${figures
        .map((name) =>
          told(
            own.map((row) => row[name]),
            name,
          ),
        )
        .join(' | ')} |`,
    );
  }
}

function told(values, name) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const error = Math.sqrt(spread / values.length);
  const worst = name === 'success' || name === 'dgood' ? Math.min(...values) : Math.max(...values);
  if (name === 'floor') return mean.toFixed(2);
  return `${mean.toFixed(3)} ± ${error.toFixed(3)} (${worst.toFixed(2)})`;
}

const file = join(out, 'results.jsonl');
const done = new Set(readRows(file).map(({ id }) => id));
for (const seed of given.seeds.split(',').map(Number))
  for (const task of given.tasks.split(','))
    for (const cell of given.ways.split(',')) {
      const id = `${cell}|${task}|${seed}|${COUNT}`;
      if (done.has(id)) continue;
      const began = performance.now();
      const figures = await play(task, seed, ways[cell]);
      const seconds = Math.round((performance.now() - began) / 1000);
      appendFileSync(file, `${JSON.stringify({ id, cell, task, seed, ...figures, seconds })}\n`);
      const { success, dgood, border, centre, latent: l, floor } = figures;
      say(
        `${id} ${[success, dgood, border, centre, l, floor].map((v) => v.toFixed(3)).join(' ')} ${figures.steps} ${seconds} s`,
      );
    }
