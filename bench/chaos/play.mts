// One run: a session of three rounds on a Discord on loopback, by `acclaim bot` and two engines of one thread
// over a real Redis, with the faults of its plans, one after the other, or none. Ends when the session has;
// then the folder, the platform and the ends of the processes are looked at. Logs lie in the run's folder.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '../../src/store/sqlite.js';
import { readBack } from './folder.mjs';
import { fillsDisk, type House, type HouseOptions, openHouse, type TakeDown } from './house.mjs';
import { ballotsOf } from './people.mjs';
import { type Plan, sizes, stages } from './plan.mjs';
import { strike } from './strike.mjs';

const order = [...Object.keys(stages), 'done'];
const LONGEST_MS = 600_000;

interface Found {
  /** What must hold and did not; empty = all is well. */
  wrong: string[];
  /** File below the session's checkpoints -> SHA-256. */
  checkpoints: Record<string, string>;
  /** Operation of Discord -> how often it was asked for. */
  requests: Record<string, number>;
}

export interface Played extends Found {
  /** Faults that came before the session was over. */
  struck: number;
  /** What happened when. */
  events: string[];
  seconds: number;
}

type PlayOptions = Omit<HouseOptions, 'size' | 'env'> & Partial<HouseOptions>;

/** What the page tells of the session. */
interface Seen {
  round: number;
  roundState: string;
  state: string;
}

/** What is known of a run while it goes on. */
interface Run extends Omit<HouseOptions, 'Peer' | 'token'> {
  plans: readonly Plan[];
  say(text: string): void;
  /** When it was last looked at. */
  seen: Seen | null;
  struck: number;
}

/** `plans`: faults in the order of their points. */
export async function play(
  plans: readonly Plan[],
  { size = 'small', env = {}, ...options }: PlayOptions,
): Promise<Played> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const events: string[] = [];
  const say = (text: string) => void events.push(`${seconds().toFixed(2)} s ${text}`);
  const run: Run = { dir: options.dir, size, env, plans, say, seen: null, struck: 0 };
  const downs: TakeDown[] = [];
  let sound = false;
  try {
    const found = await lived(run, await openHouse(plans, { ...options, size, env }, downs));
    sound = found.wrong.length === 0;
    return { struck: run.struck, ...found, events, seconds: seconds() };
  } catch (error) {
    const { message, stack } = error as Error;
    say(String(stack));
    const seen = run.seen ? `${stageOf(run.seen)}, ${run.seen.state}` : 'nothing';
    const wrong = [`it did not get there: ${message}; last seen: ${seen}`];
    const { struck } = run;
    return { struck, wrong, checkpoints: {}, requests: {}, events, seconds: seconds() };
  } finally {
    for (const down of downs.reverse()) await down(sound);
  }
}

/** The session from its first drawing to its end, and what is there then. */
async function lived(run: Run, house: House): Promise<Found> {
  const { say, size } = run;
  const over = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(LONGEST_MS), over.signal]);
  const opens = sizes[size].ends === 'open';
  const life = opens ? Promise.resolve() : vote(run, house, signal);
  life.catch(() => {});
  const faults = strikeAll(run, house, signal);
  faults.catch(() => {});
  await until(run, house, signal, (seen) => (opens ? seen.roundState === 'open' : seen.state === 'ended'));
  await durable(house, opens ? 'open' : 'ended', signal);
  say('it is over');
  await life;
  // A session may be over before its fault has come: nothing was there to be disturbed.
  over.abort();
  await faults.catch((error) => {
    if (!over.signal.aborted) throw error;
  });
  await Promise.all(house.processes.map((one) => one.end()));
  return looked(run, house);
}

async function looked({ dir, plans, size }: Run, house: House): Promise<Found> {
  const { rounds, sheets } = sizes[size];
  const { peer, channel } = house;
  const { wrong, checkpoints } = await readBack(house.data, peer, sizes[size]);
  for (let round = 1; round <= rounds; round++)
    if (ballotsOf(peer, channel, round).size !== sheets) wrong.push(`ballots of round ${round}`);
  for (const text of peer.objections) wrong.push(`Discord objects: ${text}`);
  if (!plans.some(fillsDisk))
    for (const { name, ends } of house.processes)
      for (const end of ends) wrong.push(`${name} ended by itself: ${end}`);
  wrong.push(...refusals(dir));
  const requests: Record<string, number> = {};
  for (const { operation } of peer.requests) requests[operation] = (requests[operation] ?? 0) + 1;
  return { wrong, checkpoints, requests };
}

/** What the logs tell of words that one side does not take from the other, whatever befell them. */
function refusals(dir: string): string[] {
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'));
  const lines = logs.flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'));
  return lines.filter((line) => line.includes('"code":"job-invalid"')).map((line) => line.slice(0, 300));
}

async function vote({ say, size }: Run, { people }: House, signal: AbortSignal): Promise<void> {
  const { rounds, sheets } = sizes[size];
  await people.consent(signal);
  for (let round = 1; round <= rounds; round++) {
    await people.vote(round, sheets, signal);
    say(`all votes of round ${round} are cast`);
  }
}

const stageOf = ({ round, roundState }: Seen) => `${round} ${roundState}`;

/** Between two looks at a session, ms: while a fault has its moment still to come, and when none has. */
const [SOON, LATER] = [25, 150];

/** Looks at the session over and over until it is as wanted; a bot that is away tells nothing. */
async function until(
  run: Run,
  { url }: House,
  signal: AbortSignal,
  wanted: (seen: Seen) => boolean,
): Promise<void> {
  for (;;) {
    try {
      const answer = await fetch(`${url}/api/status`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]),
      });
      const { sessions } = (await answer.json()) as { sessions: [Seen] };
      const [seen] = sessions;
      if (!run.seen || stageOf(seen) !== stageOf(run.seen)) run.say(`round ${stageOf(seen)}`);
      run.seen = seen;
      if (wanted(seen)) return;
    } catch {
      if (signal.aborted) throw new Error('time is up');
    }
    await wait(run.struck < run.plans.length ? SOON : LATER);
  }
}

/** That a session is over, as its rows say it: kind of end -> query. */
const overs = {
  ended: "SELECT 1 FROM session WHERE json_extract(body, '$.state') = 'ended'",
  open: "SELECT 1 FROM round WHERE json_extract(body, '$.state') = 'open'",
};

/** What is told may be ahead of the disk for some milliseconds, and the processes are about to be killed. */
async function durable({ data }: House, end: keyof typeof overs, signal: AbortSignal): Promise<void> {
  const db = await Connection.open(join(data, 'acclaim.sqlite'), 'read');
  try {
    while (!(await db.get(overs[end]))) await wait(20, undefined, { signal });
  } finally {
    await db.close();
  }
}

/** Each at its plan's point. */
async function strikeAll(run: Run, house: House, signal: AbortSignal): Promise<void> {
  for (const plan of run.plans) {
    const point = plan.round * 10 + order.indexOf(plan.stage);
    for (;;) {
      const { round = 0, roundState = 'generating' } = run.seen ?? {};
      if (round * 10 + order.indexOf(roundState) >= point) break;
      await wait(5, undefined, { signal });
    }
    await wait(plan.afterMs, undefined, { signal });
    run.struck += 1;
    await strike(house, plan, run.say);
  }
}
