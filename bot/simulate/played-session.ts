/**
 * A session of a simulation: waits for its rounds, lets the judge look at each and the voters vote on it, and
 * keeps what was seen.
 */
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import { AcclaimError } from '../../src/errors.js';
import type { Task } from '../../src/queue/measure-fields.js';
import type { CreatedApp } from '../create-app.js';
import { CrowdVoters } from './crowd/voters.js';
import type { SimulateResult } from './options.js';
import { successOf, successWords } from './success.js';
import type { Verdict, Voters } from './voters.js';

export interface PlayedSessionParts {
  id: string;
  created: CreatedApp;
  voters: Voters | CrowdVoters;
  /** Judged by each: what the task asks for, or the tastes of a crowd. */
  goals: readonly Task[];
  /** Folder. */
  judge: string;
  seed: number;
  /** Votes that a round of voters who all vote has; a crowd's are counted. */
  votesARound: number;
  /** Throws what ends the run early. */
  check(): void;
}

type Played = SimulateResult['rounds'][number];

export class PlayedSession {
  readonly rounds: Played[] = [];

  constructor(private readonly parts: PlayedSessionParts) {}

  get state(): SessionState {
    return this.parts.created.app.sessions.get(this.parts.id)!;
  }

  /** Votes on the next round, and says how good it was; null where the session has ended, or rests. */
  async playRound(): Promise<string | null> {
    const state = await this.untilOpen(this.rounds.length);
    return state ? this.voteOn(state) : null;
  }

  async untilLearned(): Promise<SessionState> {
    const last = this.rounds.at(-1)?.round;
    await this.until((state) => {
      // A session that is split off has rounds left that nobody is to vote in.
      const round = state.rounds.find(({ number }) => number === last)?.state;
      const working = round === 'learning' || round === 'closing' || round === 'open';
      return state.session.state === 'active' && working ? 'wait' : 'over';
    });
    return this.state;
  }

  /** The session with a round open for votes that comes after so many. */
  async untilOpen(after: number): Promise<SessionState | undefined> {
    return this.until((state) => {
      const open = state.rounds.at(-1)?.state === 'open' && state.session.state === 'active';
      const over = state.session.state !== 'active';
      return over || (open && this.rounds.length === after) ? (over ? 'over' : 'yes') : 'wait';
    });
  }

  private async until(met: (state: SessionState) => 'wait' | 'yes' | 'over') {
    for (;;) {
      this.parts.check();
      const { state } = this;
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

  private async voteOn(state: SessionState): Promise<string> {
    const { voters, goals, votesARound } = this.parts;
    const round = state.rounds.at(-1)!;
    const judged: Verdict[][] = [];
    for (const goal of goals) judged.push(await this.judged(round, goal));
    const verdicts = judged[0]!;
    const shown = successOf(state.images.get(round.id) ?? [], round, verdicts);
    const before = this.rounds.at(-1)?.votes ?? 0;
    const pictures = verdicts.map(({ index, good }) => ({ index, good }));
    const one: Played = { round: round.number, votes: before + votesARound, ...shown, pictures };
    this.rounds.push(one);
    const ballots = [...state.ballots.values()].filter((b) => b.round === round.id && b.state === 'live');
    if (voters instanceof CrowdVoters) await voters.vote(round.number, ballots, judged);
    else await voters.vote(round.number, ballots, verdicts);
    await this.until((s) => (s.rounds.find((r) => r.id === round.id)?.state === 'open' ? 'wait' : 'yes'));
    if (!(voters instanceof CrowdVoters)) return successWords(shown);
    const { outcome } = await this.untilCounted(round.id);
    one.votes = before + (outcome?.votes ?? 0);
    one.crowd = voters.figures(outcome);
    return successWords(shown);
  }

  private async judged({ id, number }: Round, task: Task): Promise<Verdict[]> {
    const { created, judge, seed } = this.parts;
    const payload = {
      ...{ session: 'judge', round: number, attempt: 0, seed, judge },
      task,
      roundDir: created.paths.round(this.parts.id, number),
    };
    return (await created.queue.run({ id: `judge.${id}.score`, kind: 'score', payload })).images;
  }

  /** A round that was closed by a command is swept first. */
  private async untilCounted(id: string): Promise<Round> {
    const find = (state: SessionState) => state.rounds.find((row) => row.id === id)!;
    await this.until((state) => (find(state).state === 'closing' ? 'wait' : 'yes'));
    return find(this.state);
  }
}
