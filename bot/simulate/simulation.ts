/** What every simulation has: an app and a folder of its own, and a session that is opened in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { resolveModel } from '../../src/config/models.js';
import type { Config } from '../../src/config/schema.js';
import { loadTask } from '../../src/config/tasks.js';
import { count } from '../../src/domain/state/count.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import { type CreatedApp, createApp } from '../create-app.js';
import { FakePlatform } from '../platforms/fake/platform.js';
import { specify } from '../services/plans.js';
import type { FiguresOptions } from './figures.js';
import type { SimulateOptions } from './options.js';
import { PlayedSession, type PlayedSessionParts } from './played-session.js';

export const CHANNEL = 'simulation';
const BATCH = 64;
/** More than there are in any crowd: its rounds are closed by a moderator. */
const NOBODY_WAITS = 1_000_000;

/** What `--json` holds of any simulation. */
interface Common {
  task: string;
  learner: string;
  seed: number;
  seconds: number;
}

/** Plays in an app of its own, and writes what comes of it where that is asked for. */
export async function simulating<T>(
  options: SimulateOptions,
  play: (simulation: Simulation) => Promise<T>,
): Promise<T & Common> {
  const began = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'acclaim-simulate-'));
  const { config, rounds } = configure(options, dir);
  const platform = new FakePlatform();
  let fatal: unknown;
  const created = await createApp({
    config,
    log: createLog('warn'),
    fatal: (error) => (fatal = error),
    platforms: () => [platform],
  });
  const check = () => {
    if (fatal) throw fatal;
    if (options.signal?.aborted) throw new AcclaimError('cancelled', 'the simulation was stopped');
  };
  try {
    const { task, seed } = options;
    const simulation = new Simulation({ options, created, platform, config, rounds, dir, check });
    const common = { task, learner: config.learner.name, seed };
    const played = await play(simulation);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const result = { ...common, ...played, seconds };
    if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await created.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function roundsOf({ crowd, rounds, votes, perRound, voters }: SimulateOptions): number {
  if (crowd !== undefined) {
    if (rounds !== undefined && votes === undefined) return rounds;
    throw new AcclaimError('usage', 'a crowd votes for a number of rounds', 'Give --rounds, and no --votes.');
  }
  if (votes === undefined || rounds !== undefined)
    throw new AcclaimError(
      'usage',
      'how many votes are to be cast was not said',
      'Give --votes; --rounds is for crowds.',
    );
  const whole = Math.floor(votes / (perRound * voters));
  if (whole < 1 || whole * perRound * voters !== votes)
    throw new AcclaimError(
      'usage',
      `${votes} votes are not whole rounds of ${perRound} images seen by ${voters}`,
      `Choose a multiple of ${perRound * voters}, or another --per-round.`,
    );
  return whole;
}

/**
 * Nothing but the votes ends a simulated session: no goal, no deadline, a quorum of all voters pressing Done.
 */
function configure(options: SimulateOptions, dir: string): { config: Config; rounds: number } {
  const { perRound, voters, threads, learner } = options;
  const rounds = roundsOf(options);
  const set = [
    ...(learner === undefined ? [] : [`learner.name=${learner}`]),
    ...(threads === undefined ? [] : [`engine.threads=${threads}`]),
    ...(options.set ?? []),
  ];
  const config = loadConfig({ set });
  return {
    config: {
      ...config,
      dataDir: dir,
      session: {
        ...config.session,
        images: perRound,
        rounds,
        goal: null,
        ballots: config.session.ballots === 'duel' ? 'duel' : 'sheet',
        quietHours: null,
      },
      votes: {
        ...config.votes,
        quorum: options.crowd === undefined ? voters : NOBODY_WAITS,
        quorumBy: 'done',
        settleSeconds: 0,
        deadlineMinutes: 7 * 1440,
      },
    },
    rounds,
  };
}

interface SimulationParts {
  options: SimulateOptions;
  created: CreatedApp;
  platform: FakePlatform;
  config: Config;
  rounds: number;
  /** Data folder. */
  dir: string;
  /** Throws what ends the run early. */
  check(): void;
}

export class Simulation {
  private readonly clock = performance.now();

  constructor(readonly parts: SimulationParts) {}

  async open(): Promise<SessionState> {
    const { options, config, created } = this.parts;
    const { prompt, negative } = loadTask(options.task);
    await created.app.start();
    const spec = specify(config, { prompt, negative, title: options.task, seed: options.seed });
    const place = {
      channel: `fake-${CHANNEL}`,
      community: 'fake',
      platform: 'fake',
      address: CHANNEL,
      sweeps: true,
    } as const;
    const id = `simulate-${options.task}`;
    return created.app.services.opening.open(spec, { id, place, createdBy: null });
  }

  played(parts: Pick<PlayedSessionParts, 'id' | 'voters' | 'goals'>): PlayedSession {
    const { created, check, options } = this.parts;
    return new PlayedSession({
      ...{ ...parts, created, check, judge: this.judge, seed: options.seed },
      votesARound: options.perRound * options.voters,
    });
  }

  /** `done`: of the rounds that are played. */
  say(line: string, done: number): void {
    const elapsed = (performance.now() - this.clock) / 1000;
    // The figures take about as long as drawing another 1024 images; rounds so far tell how long the rest
    // takes.
    const left = Math.round((elapsed / done) * (this.parts.rounds - done));
    this.parts.options.onProgress?.(`${line}; about ${left} s of rounds left`);
  }

  /** What the figures of what a session has learned need. `name`: of its scratch folder. */
  figuresOf({ session }: SessionState, name: string): FiguresOptions {
    const { options, created, dir, check } = this.parts;
    const { cache } = options;
    const began = performance.now();
    let said = 0;
    return {
      queue: created.queue,
      task: options.task,
      base: {
        model: resolveModel(session.model),
        prompt: session.prompt,
        negative: session.negative,
        sampler: session.sampler as JobPayload<'generate'>['sampler'],
        width: session.width,
        height: session.height,
        learner: session.learner as JobPayload<'generate'>['learner'],
      },
      checkpoint: session.head === null ? null : created.paths.checkpoint(session.id, session.head),
      judge: this.judge,
      n: options.figures ?? 256,
      batch: BATCH,
      of: options.figuresOf ?? 'all',
      dir: join(dir, name),
      cache: cache === undefined ? join(homedir(), '.cache', 'acclaim') : cache,
      onImages: (done, total) => {
        check();
        const now = performance.now();
        if (now - said < 2000 || done === 0) return;
        said = now;
        const left = Math.ceil(((now - began) / 1000 / done) * (total - done));
        options.onProgress?.(
          `final ${name}: ${Math.round(done)} of ${count(total, 'image')}, about ${left} s left`,
        );
      },
    };
  }

  private get judge(): string {
    return join(resolveModel(this.parts.config.model), 'judge');
  }
}
