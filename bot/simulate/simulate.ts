/**
 * `acclaim simulate`: a whole session with simulated voters, through the very code that people's sessions run
 * on: the same decisions, store, queue and engine, on the in-memory platform. Ends with figures on noises
 * that no vote has seen.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Crowd, loadCrowd } from '../../src/config/crowds.js';
import { loadConfig } from '../../src/config/load.js';
import { resolveModel } from '../../src/config/models.js';
import type { Config } from '../../src/config/schema.js';
import { loadTask } from '../../src/config/tasks.js';
import { count } from '../../src/domain/state/count.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import { AcclaimError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import type { App } from '../app.js';
import { type CreatedApp, createApp } from '../create-app.js';
import { FakePlatform } from '../platforms/fake/platform.js';
import { specify } from '../services/plans.js';
import { CrowdVoters } from './crowd/voters.js';
import { type Figures, finalFigures } from './figures.js';
import type { SimulateOptions, SimulateResult } from './options.js';
import { successOf, successWords } from './success.js';
import { Voters } from './voters.js';

const CHANNEL = 'simulation';
const BATCH = 64;

export async function simulateCommand(options: SimulateOptions): Promise<SimulateResult> {
  const began = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'acclaim-simulate-'));
  const crowd = options.crowd === undefined ? null : loadCrowd(options.crowd);
  const { config, rounds } = configure(options, dir);
  const platform = new FakePlatform();
  let fatal: unknown;
  const created = await createApp({
    config,
    log: createLog('warn'),
    fatal: (error) => (fatal = error),
    platforms: () => [platform],
  });
  try {
    const check = () => {
      if (fatal) throw fatal;
      if (options.signal?.aborted) throw new AcclaimError('cancelled', 'the simulation was stopped');
    };
    const run = new Run({ options, crowd, created, platform, config, rounds, dir, check });
    const measured = await run.whole();
    const result: SimulateResult = {
      task: options.task,
      learner: config.learner.name,
      seed: options.seed,
      votes: measured.rounds.at(-1)?.votes ?? 0,
      flip: options.flip,
      ...(crowd && { crowd: crowd.name }),
      ...measured,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
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

/** More than there are in any crowd: its rounds are closed by a moderator. */
const NOBODY_WAITS = 1_000_000;

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

interface RunParts {
  options: SimulateOptions;
  /** Null: plain voters. */
  crowd: Crowd | null;
  created: CreatedApp;
  platform: FakePlatform;
  config: Config;
  rounds: number;
  /** Data folder. */
  dir: string;
  /** Throws what ends the run early. */
  check(): void;
}

class Run {
  private readonly app: App;
  private readonly successes: SimulateResult['rounds'] = [];
  private readonly clock = performance.now();

  constructor(private readonly parts: RunParts) {
    this.app = parts.created.app;
  }

  async whole(): Promise<{ rounds: SimulateResult['rounds']; final: Figures }> {
    const { task, seed, flip } = this.parts.options;
    const { prompt, negative } = loadTask(task);
    await this.app.start();
    const spec = specify(this.parts.config, { prompt, negative, title: task, seed });
    const place = {
      channel: `fake-${CHANNEL}`,
      community: 'fake',
      platform: 'fake',
      address: CHANNEL,
      sweeps: true,
    } as const;
    const { session } = await this.app.services.opening.open(spec, {
      id: `simulate-${task}`,
      place,
      createdBy: null,
    });
    const here = { platform: this.parts.platform, channel: CHANNEL, seed };
    const voters = this.parts.crowd
      ? new CrowdVoters({ ...here, crowd: this.parts.crowd, rounds: this.parts.rounds })
      : new Voters({ ...here, count: this.parts.options.voters, flip, reasons: this.parts.options.reasons });
    await voters.agree();
    for (let done = 0; done < this.parts.rounds; done++) {
      const state = await this.untilOpen(session.id, done);
      if (!state) break;
      await this.voteOn(state, voters);
    }
    const end = await this.untilLearned(session.id);
    const final = await this.figures(end);
    return { rounds: this.successes, final };
  }

  /**
   * The session with a round open for votes; undefined when it has ended, or rests for want of good images.
   */
  private async untilOpen(id: string, after: number): Promise<SessionState | undefined> {
    return this.until(id, (state) => {
      const open = state.rounds.at(-1)?.state === 'open' && state.session.state === 'active';
      const over = state.session.state !== 'active';
      return over || (open && this.successes.length === after) ? (over ? 'over' : 'yes') : 'wait';
    });
  }

  private async untilLearned(id: string): Promise<SessionState> {
    await this.until(id, (state) => {
      const round = state.rounds.at(-1)?.state;
      const working = round === 'learning' || round === 'closing' || round === 'open';
      return state.session.state === 'active' && working ? 'wait' : 'over';
    });
    return this.app.sessions.get(id)!;
  }

  private async until(id: string, met: (state: SessionState) => 'wait' | 'yes' | 'over') {
    for (;;) {
      this.parts.check();
      const state = this.app.sessions.get(id)!;
      const round = state.rounds.at(-1);
      if (round?.state === 'failed') {
        const { code, message, hint } = round.failure!;
        throw new AcclaimError(code as AcclaimError['code'], message, hint);
      }
      const answer = met(state);
      if (answer !== 'wait') return answer === 'yes' ? state : undefined;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private async voteOn(state: SessionState, voters: Voters | CrowdVoters): Promise<void> {
    const { task, seed, perRound } = this.parts.options;
    const round = state.rounds.at(-1)!;
    const scored = await this.parts.created.queue.run({
      id: `judge.${round.id}.score`,
      kind: 'score',
      payload: {
        session: 'judge',
        round: round.number,
        attempt: 0,
        seed,
        judge: this.judge,
        task,
        roundDir: this.parts.created.paths.round(state.session.id, round.number),
      },
    });
    const shown = successOf(state.images.get(round.id) ?? [], round, scored.images);
    const before = this.successes.at(-1)?.votes ?? 0;
    const pictures = scored.images.map(({ index, good }) => ({ index, good }));
    const one: SimulateResult['rounds'][number] = {
      ...{ round: round.number, votes: before + perRound * this.parts.options.voters, ...shown, pictures },
    };
    this.successes.push(one);
    this.say(`round ${this.successes.length} of ${this.parts.rounds}: ${successWords(shown)}`);
    const ballots = [...state.ballots.values()].filter((b) => b.round === round.id && b.state === 'live');
    await voters.vote(round.number, ballots, scored.images);
    await this.until(state.session.id, (s) =>
      s.rounds.find((r) => r.id === round.id)?.state === 'open' ? 'wait' : 'yes',
    );
    if (!(voters instanceof CrowdVoters)) return;
    const { outcome } = await this.untilCounted(state.session.id, round.id);
    one.votes = before + (outcome?.votes ?? 0);
    one.crowd = voters.figures(outcome);
  }

  /** A round that was closed by a command is swept first. */
  private async untilCounted(id: string, round: string): Promise<Round> {
    const find = (state: SessionState) => state.rounds.find((row) => row.id === round)!;
    await this.until(id, (state) => (find(state).state === 'closing' ? 'wait' : 'yes'));
    return find(this.app.sessions.get(id)!);
  }

  private async figures(state: SessionState): Promise<Figures> {
    const { session } = state;
    const { cache } = this.parts.options;
    const began = performance.now();
    let said = 0;
    return finalFigures({
      queue: this.parts.created.queue,
      task: this.parts.options.task,
      base: {
        model: resolveModel(session.model),
        prompt: session.prompt,
        negative: session.negative,
        sampler: session.sampler as JobPayload<'generate'>['sampler'],
        width: session.width,
        height: session.height,
        learner: session.learner as JobPayload<'generate'>['learner'],
      },
      checkpoint:
        session.head === null ? null : this.parts.created.paths.checkpoint(session.id, session.head),
      judge: this.judge,
      n: this.parts.options.figures ?? 256,
      batch: BATCH,
      of: this.parts.options.figuresOf ?? 'all',
      dir: join(this.parts.dir, 'figures'),
      cache: cache === undefined ? join(homedir(), '.cache', 'acclaim') : cache,
      onImages: (done, total) => {
        this.parts.check();
        const now = performance.now();
        if (now - said < 2000 || done === 0) return;
        said = now;
        const left = Math.ceil(((now - began) / 1000 / done) * (total - done));
        this.parts.options.onProgress?.(
          `final figures: ${Math.round(done)} of ${count(total, 'image')}, about ${left} s left`,
        );
      },
    });
  }

  private get judge(): string {
    return join(resolveModel(this.parts.config.model), 'judge');
  }

  private say(line: string): void {
    const elapsed = (performance.now() - this.clock) / 1000;
    const done = this.successes.length;
    // The figures take about as long as drawing another 1024 images; rounds so far tell how long the rest
    // takes.
    const left = Math.round((elapsed / done) * (this.parts.rounds - done));
    this.parts.options.onProgress?.(`${line}; about ${left} s of rounds left`);
  }
}
