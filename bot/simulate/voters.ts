/**
 * Simulated voters: they see the judge's verdict on every image of a round, err at a given rate, mark what
 * they hold for good on every sheet (in a gallery they like or dislike each picture), star the one they like
 * best, and press Done. They act through the platform as people do.
 */
import type { Account, MessageRef } from '../../src/chat/port.js';
import { duelAnswers } from '../../src/domain/state/emoji.js';
import { faultMark, isFault } from '../../src/domain/state/faults.js';
import type { Ballot } from '../../src/domain/state/round.js';
import type { JobResult } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { type FakePlatform, fakeAccount } from '../platforms/fake/platform.js';

export type Verdict = JobResult<'score'>['images'][number];

export interface VotersOptions {
  platform: FakePlatform;
  channel: string;
  count: number;
  /** Probability that a voter takes an image for its opposite. */
  flip: number;
  seed: number;
  /** They say of each picture that is not good one thing that is wrong with it. */
  reasons?: boolean | undefined;
}

export class Voters {
  readonly accounts: Account[];

  constructor(private readonly options: VotersOptions) {
    this.accounts = Array.from({ length: options.count }, (_, i) => fakeAccount(`voter-${i + 1}`));
  }

  async agree(): Promise<void> {
    for (const account of this.accounts) await this.options.platform.consent(this.options.channel, account);
  }

  async vote(round: number, ballots: readonly Ballot[], verdicts: readonly Verdict[]): Promise<void> {
    for (const [i, account] of this.accounts.entries()) {
      const rng = new Rng(this.options.seed, round, `voter ${i + 1}`);
      const held = verdicts.map((v) => ({
        ...v,
        good: rng.uniform() < this.options.flip ? !v.good : v.good,
      }));
      // A stream of its own: the same votes with and without.
      const lots = new Rng(this.options.seed, round, `reasons ${i + 1}`);
      await this.mark(account, ballots, new Map(held.map((v) => [v.index, v])), lots);
    }
  }

  private async mark(
    account: Account,
    ballots: readonly Ballot[],
    held: ReadonlyMap<number, Verdict>,
    lots: Rng,
  ): Promise<void> {
    const { platform, channel } = this.options;
    const goods = [...held.values()].filter((v) => v.good);
    const best = goods.reduce<Verdict | null>((a, b) => (a && a.score >= b.score ? a : b), null);
    for (const ballot of ballots) {
      const ref = { platform: 'fake', channel, message: ballot.message! } as const;
      if (ballot.style === 'gallery') {
        const [index] = ballot.cells as [number];
        await platform.mark(ref, account, held.get(index)?.good ? 'like' : 'dislike');
        if (best?.index === index) await platform.mark(ref, account, 'star');
        await this.sayWhy(ref, account, ballot, held, lots);
        continue;
      }
      if (ballot.style === 'duel') {
        const [left, right] = ballot.cells.map((index) => held.get(index)?.good === true);
        await platform.mark(ref, account, duelAnswers[left ? (right ? 2 : 0) : right ? 1 : 3]!);
        await this.sayWhy(ref, account, ballot, held, lots);
        continue;
      }
      const good = ballot.cells.flatMap((index, i) => (held.get(index)?.good ? [i + 1] : []));
      for (const cell of good) await platform.mark(ref, account, String(cell));
      if (good.length === 0) await platform.mark(ref, account, 'none');
      const star = best ? ballot.cells.indexOf(best.index) + 1 : 0;
      if (star > 0) await platform.mark(ref, account, `star-${star}`);
      await this.sayWhy(ref, account, ballot, held, lots);
    }
    const first = ballots[0]!;
    // The last answer to a duel may close the round.
    if (first.style === 'duel') return;
    await platform.mark({ platform: 'fake', channel, message: first.message! }, account, 'done');
  }

  /** One of its faults, by lot; of a picture that is taken for its opposite nothing is known. */
  private async sayWhy(
    ref: MessageRef,
    account: Account,
    { cells }: Ballot,
    held: ReadonlyMap<number, Verdict>,
    lots: Rng,
  ): Promise<void> {
    if (!this.options.reasons) return;
    for (const [i, index] of cells.entries()) {
      const verdict = held.get(index);
      const known = verdict?.good === false ? (verdict.faults ?? []).filter(isFault) : [];
      if (known.length > 0)
        await this.options.platform.mark(ref, account, faultMark(lots.choice(known), i + 1));
    }
  }
}
