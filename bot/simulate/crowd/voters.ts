/**
 * A simulated crowd on the in-memory platform: each mark as a reaction at its time, and the close by a
 * moderator's word.
 */
import type { Account } from '../../../src/chat/port.js';
import { systemClock } from '../../../src/clock.js';
import type { Crowd } from '../../../src/config/crowds.js';
import type { Ballot, Outcome } from '../../../src/domain/state/round.js';
import { type FakePlatform, fakeAccount } from '../../platforms/fake/platform.js';
import type { Verdict } from '../voters.js';
import { attackedIn, marksOf } from './marks.js';
import { type Person, peopleOf, type Seen } from './people.js';

export interface CrowdVotersOptions {
  platform: FakePlatform;
  channel: string;
  crowd: Crowd;
  seed: number;
  rounds: number;
  /** Rounds that they voted in elsewhere before. */
  after?: number | undefined;
}

export interface CrowdRoundFigures {
  /** Index of the attacked bad picture; null where none was attacked. */
  attacked: number | null;
  /** It became the best. */
  crowned: boolean;
}

const day = 86_400_000;
/** A judge's verdict as people see it. */
const SURE = 2.3;

export class CrowdVoters {
  private readonly people: readonly Person[];
  private readonly accounts: ReadonlyMap<string, Account>;
  private readonly host = fakeAccount('host', 'operator');
  private attacked: number | null = null;

  constructor(private readonly options: CrowdVotersOptions) {
    const { crowd, seed, rounds } = options;
    const now = systemClock.now();
    this.people = peopleOf(crowd, seed, rounds);
    this.accounts = new Map(
      this.people.map(({ name, bornDays, joinedDays }) => [
        name,
        // Those who join later are new from the start: all rounds of a simulation are within minutes.
        {
          ...fakeAccount(name),
          bornAt: now - Math.max(0, bornDays) * day,
          joinedAt: now - Math.max(0, joinedDays) * day,
        },
      ]),
    );
  }

  async agree(): Promise<void> {
    const { platform, channel } = this.options;
    for (const account of this.accounts.values()) await platform.consent(channel, account);
  }

  /**
   * Times are spread over the day before now, so that nobody waits for them. `judged`: every picture by the
   * one goal of all, or by the taste of each of two factions.
   */
  async vote(number: number, ballots: readonly Ballot[], judged: readonly Verdict[][]): Promise<void> {
    const { platform, channel, crowd, seed, after = 0 } = this.options;
    const round = after + number;
    const pictures = judged[0]!.map(({ index }, i) =>
      seen(
        index,
        judged.map((by) => by[i]!.good),
      ),
    );
    const sorted = [...ballots].sort((a, b) => a.sheet - b.sheet);
    const whole = {
      crowd,
      people: this.people,
      seed,
      round,
      pictures,
      sheets: sorted.map(({ cells }) => cells),
    };
    this.attacked = attackedIn(whole);
    const marks = marksOf(whole).sort((a, b) => a.after - b.after);
    const opened = systemClock.now() - Math.max(0, ...marks.map(({ after }) => after));
    const cast = async (late: boolean): Promise<void> => {
      for (const mark of marks.filter((one) => one.late === late)) {
        const ref = { platform: 'fake', channel, message: sorted[mark.sheet]!.message! } as const;
        const account = this.accounts.get(mark.person.name)!;
        await platform.mark(ref, account, mark.emoji, true, late ? systemClock.now() : opened + mark.after);
      }
    };
    await cast(false);
    await platform.command(channel, this.host, 'round close');
    await cast(true);
  }

  /** Account -> faction. */
  factions(): Map<string, number> {
    return new Map(this.people.map(({ name, camp }) => [this.accounts.get(name)!.id, camp]));
  }

  /** Of the round that they voted in last. */
  figures(outcome: Outcome | null): CrowdRoundFigures {
    const { attacked } = this;
    return { attacked, crowned: attacked !== null && outcome?.best === attacked };
  }
}

function seen(index: number, likes: readonly boolean[]): Seen {
  const good = likes.every(Boolean);
  const camp = good ? -1 : likes.indexOf(true);
  return { index, good, quality: good || camp >= 0 ? SURE : -SURE, camp: camp < 0 ? null : camp };
}
