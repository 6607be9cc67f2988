// One run: a session of three rounds on a Discord on loopback, by `acclaim bot` and two engines of one thread
// over a real Redis, with the faults of its plans, one after the other, or none. Ends when the session has;
// then the folder, the platform and the ends of the processes are looked at. Logs lie in the run's folder.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sizes, stages } from '../../dist/bench/chaos/plan.mjs';
import { engineAtWork, startRedis } from '../../dist/bench/lib/redis.mjs';
import { SmallDisk } from '../../dist/bench/lib/small-disk.mjs';
import { freePort, Supervised } from '../../dist/bench/lib/supervised.mjs';
import { Rng } from '../../dist/src/rng.js';
import { Connection } from '../../dist/src/store/sqlite.js';
import { channelId, openFolder, readBack, settingsOf } from './folder.mjs';
import { Line } from './line.mjs';
import { ballotsOf, People } from './people.mjs';

const acclaim = fileURLToPath(new URL('../../dist/src/acclaim.js', import.meta.url));
const order = [...Object.keys(stages), 'done'];
const prefix = 'chaos';
const LONGEST_MS = 600_000;

/**
 * `plans`: faults in the order of their points. `Peer` is the loopback Discord of the tests, `size` one of
 * plan.mjs's, and `env` what engines have beside their own. Resolves with what is wrong (nothing, one hopes),
 * the hashes of the checkpoints, and what happened when.
 */
export async function play(plans, { Peer, token, dir, size = 'small', env = {} }) {
  const began = performance.now();
  const events = [];
  const say = (text) => events.push(`${((performance.now() - began) / 1000).toFixed(2)} s ${text}`);
  const stop = [];
  const { rounds, sheets } = sizes[size];
  const run = { dir, say, stop, size, env, data: join(dir, 'data'), struck: 0, sound: false };
  const told = (found) => ({
    struck: run.struck,
    ...found,
    events,
    seconds: (performance.now() - began) / 1000,
  });
  try {
    await setUp(run, plans, Peer, token);
    const limit = AbortSignal.timeout(LONGEST_MS);
    const over = new AbortController();
    const signal = AbortSignal.any([limit, over.signal]);
    const opens = sizes[size].ends === 'open';
    const life = opens ? Promise.resolve() : vote(run, signal);
    life.catch(() => {});
    const fault = strikeAll(run, plans, signal);
    fault.catch(() => {});
    await until(run, signal, ({ state, roundState }) => (opens ? roundState === 'open' : state === 'ended'));
    await durable(run, opens ? 'open' : 'ended', signal);
    say('it is over');
    await life;
    // A session may be over before its fault has come: nothing was there to be disturbed.
    over.abort();
    await fault.catch((error) => {
      if (!over.signal.aborted) throw error;
    });
    await Promise.all(run.processes.map((one) => one.end()));
    const { wrong, checkpoints } = await readBack(run.data, run.peer, sizes[size]);
    for (let round = 1; round <= rounds; round++)
      if (ballotsOf(run.peer, run.channel, round).size !== sheets) wrong.push(`ballots of round ${round}`);
    for (const text of run.peer.objections) wrong.push(`Discord objects: ${text}`);
    for (const { name, ends } of run.processes)
      for (const end of ends) if (!plans.some(excused)) wrong.push(`${name} ended by itself: ${end}`);
    wrong.push(...refusals(dir));
    run.sound = wrong.length === 0;
    const requests = {};
    for (const { operation } of run.peer.requests) requests[operation] = (requests[operation] ?? 0) + 1;
    return told({ wrong, checkpoints, requests });
  } catch (error) {
    say(String(error?.stack ?? error));
    const seen = run.seen ? `${run.seen.round} ${run.seen.roundState}, ${run.seen.state}` : 'nothing';
    const wrong = [`it did not get there: ${error?.message ?? error}; last seen: ${seen}`];
    return told({ wrong, checkpoints: {}, requests: {} });
  } finally {
    for (const act of stop.reverse()) await act();
  }
}

/** What the logs tell of words that one side does not take from the other, whatever befell them. */
function refusals(dir) {
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'));
  const lines = logs.flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'));
  return lines.filter((line) => line.includes('"code":"job-invalid"')).map((line) => line.slice(0, 300));
}

/** What a run writes, and some room. */
const DISK_MB = 48;

/** A process that finds no room for its truth says so and ends. */
const excused = ({ kind }) => kind === 'disk full';

async function setUp(run, plans, Peer, token) {
  const { dir, data, stop } = run;
  // Left by a run that was killed itself.
  new SmallDisk(data).unmount();
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  if (plans.some(excused)) {
    run.disk = SmallDisk.mount(DISK_MB, data);
    stop.push(() => {
      if (!run.sound) cpSync(data, join(dir, 'kept'), { recursive: true });
      run.disk.unmount();
    });
  }
  await openFolder(data, run.size);
  const peer = await Peer.start();
  stop.push(() => peer.stop());
  run.peer = peer;
  run.channel = peer.world.channel('taste', { id: channelId });
  run.people = new People(peer, run.channel, new Rng(plans[0]?.seed ?? 0, 1, 'people'));
  const redis = await startRedis(dir);
  stop.push(() => redis.server.end());
  run.redis = redis.server;
  run.redisPort = redis.port;
  const port = await freePort();
  run.url = `http://127.0.0.1:${port}`;
  const more = [
    `dataDir=${data}`,
    `queue.prefix=${prefix}`,
    'servers=open',
    `discord.token=${token}`,
    `discord.api=${peer.url}`,
    `server.port=${port}`,
  ];
  const set = [...settingsOf(run.size), ...more].flatMap((one) => ['--set', one]);
  run.lines = {};
  run.acclaim = {};
  for (const [name, command] of [
    ['bot', 'bot'],
    ['a', 'engine'],
    ['b', 'engine'],
  ]) {
    const line = await Line.open(redis.port);
    stop.push(() => line.close());
    run.lines[name] = line;
    const env = { REDIS_URL: `redis://127.0.0.1:${line.port}`, ACCLAIM_QUEUE_KEY: 'k'.repeat(32) };
    if (command === 'engine') Object.assign(env, run.env, { ACCLAIM_ENGINE: name });
    run.acclaim[name] = new Supervised(name, [process.execPath, acclaim, command, ...set], { dir, env });
  }
  run.processes = [run.redis, ...Object.values(run.acclaim)];
  stop.push(() => Promise.all(run.processes.map((one) => one.end())));
  for (const one of Object.values(run.acclaim)) one.start();
}

async function vote({ people, say, size }, signal) {
  const { rounds, sheets } = sizes[size];
  await people.consent(signal);
  for (let round = 1; round <= rounds; round++) {
    await people.vote(round, sheets, signal);
    say(`all votes of round ${round} are cast`);
  }
}

/** Looks at the session over and over until it is as wanted; a bot that is away tells nothing. */
async function until(run, signal, wanted) {
  for (;;) {
    try {
      const answer = await fetch(`${run.url}/api/status`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]),
      });
      const { sessions } = await answer.json();
      const [found] = sessions;
      const stage = `${found.round} ${found.roundState}`;
      if (stage !== run.stage) run.say(`round ${stage}`);
      run.stage = stage;
      run.seen = found;
      if (wanted(found)) return;
    } catch {
      if (signal.aborted) throw new Error(`time is up: ${run.stage}`);
    }
    await wait(25);
  }
}

/** That a session is over, as its rows say it: kind of end -> query. */
const overs = {
  ended: "SELECT 1 FROM session WHERE json_extract(body, '$.state') = 'ended'",
  open: "SELECT 1 FROM round WHERE json_extract(body, '$.state') = 'open'",
};

/** What is told may be ahead of the disk for some milliseconds, and the processes are about to be killed. */
async function durable({ data }, end, signal) {
  const db = await Connection.open(join(data, 'acclaim.sqlite'), 'read');
  try {
    while (!(await db.get(overs[end]))) await wait(20, undefined, { signal });
  } finally {
    await db.close();
  }
}

async function strikeAll(run, plans, signal) {
  for (const plan of plans) await strike(run, plan, signal);
}

/** Waits for the plan's point and does what it says. */
async function strike(run, plan, signal) {
  const { say } = run;
  const point = plan.round * 10 + order.indexOf(plan.stage);
  for (;;) {
    const { round = 0, roundState = 'generating' } = run.seen ?? {};
    if (round * 10 + order.indexOf(roundState) >= point) break;
    await wait(5, undefined, { signal });
  }
  await wait(plan.afterMs, undefined, { signal });
  const victim = plan.victim === 'working' ? await working(run.redisPort) : plan.victim;
  run.struck += 1;
  say(`now: ${plan.kind}${victim === null ? '' : ` (${victim})`}`);
  const lasting = async (on) => {
    on(true);
    await wait(plan.forMs);
    on(false);
  };
  const acts = {
    'bot killed': () => run.acclaim.bot.kill(plan.forMs),
    'engine killed': () => run.acclaim[victim].kill(plan.forMs),
    'its computing process killed': () => run.acclaim[victim].killChild(),
    'Redis killed': () => run.redis.kill(plan.forMs),
    'engine frozen': () => run.acclaim[victim].freeze(plan.forMs),
    'line to Redis cut': () => lasting((on) => run.lines[victim].cut(on)),
    'line to Redis stalled': () => lasting((on) => run.lines[victim].stall(on)),
    'line to Discord cut': () => run.peer.gateway.drop(victim === 'resumed'),
    'disk full': () => lasting((on) => (on ? run.disk.fill() : run.disk.free())),
  };
  await acts[plan.kind]();
  say('the fault is over');
}

/** The engine that has a job now, as Redis knows it; else the first. */
async function working(port) {
  return (await engineAtWork(port, prefix))?.slice(0, 1) ?? 'a';
}
