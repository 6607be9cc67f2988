/**
 * From a session's state to the cards that show it: finds the rows that a view wants and makes the pictures
 * it names. Pictures are made from what is true, under a name that says what is in them, and are made again
 * when missing.
 */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Card } from '../../src/chat/port.js';
import { approvals, onLine } from '../../src/domain/state/approval.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import type { Ballot, Image, Job, Round } from '../../src/domain/state/round.js';
import { outcomeKey } from '../../src/domain/state/say.js';
import { turnout } from '../../src/domain/voting/turnout.js';
import { enlarged, wantedPixels } from '../../src/images/enlarge.js';
import { decodePicture } from '../../src/images/png.js';
import { contactSheet } from '../../src/images/sheet.js';
import { approvalPlot, beforeAfterSheet } from '../../src/images/story.js';
import { ballotCard, tellsTurnout } from '../views/ballot.js';
import { noticeCard } from '../views/notice.js';
import { outcomeCard } from '../views/outcome.js';
import { type Bar, barOf, progressCard } from '../views/progress.js';
import { safetyCard } from '../views/safety.js';
import { storyCard } from '../views/story.js';
import { strengthsCard } from '../views/strengths.js';
import { imageName } from '../views/words.js';
import type { DataPaths } from './data-paths.js';
import type { PromptPictures } from './evaluations.js';
import type { Jobs } from './jobs.js';
import { MadePictures } from './made-pictures.js';
import { PairPictures } from './pair-pictures.js';
import { safetySheets } from './safety-sheets.js';

/** Cards of sessions, with the pictures that they show. */
export class Cards {
  private readonly pictures: MadePictures;
  private readonly pairs: PairPictures;

  constructor(
    private readonly paths: DataPaths,
    /** Base64 PNG of what a job draws, while it runs. */
    private readonly jobs: Pick<Jobs, 'preview'>,
    /** Address of the page as people outside know it; null where they cannot reach it. */
    private readonly page: string | null = null,
  ) {
    this.pictures = new MadePictures(paths);
    this.pairs = new PairPictures(paths, this.pictures);
  }

  async ballot(state: SessionState, ballot: Ballot): Promise<Card> {
    const { session } = state;
    const round = roundOf(state, ballot.round);
    const images = state.images.get(round.id) ?? [];
    const dir = this.paths.round(session.id, round.number);
    const sheets = sheetsBeside(state, ballot);
    const file = await this.shown(state, ballot, round, images);
    const told = round.state === 'open' && tellsTurnout(ballot, sheets) ? turnout(state, round) : undefined;
    return ballotCard({ session, round, ballot, images, dir, file, sheets, turnout: told });
  }

  /**
   * The bar of the stage that the round is in; each stage has its own message, so it stands where people
   * look.
   */
  progress(state: SessionState, effect: EffectOf<'card'>): Card {
    const round = roundNumber(state, effect.round);
    return this.bar(state, effect, round, newestBar(state, round));
  }

  /** The bar of drawing as it stands once the round has moved on: full. */
  drawn(state: SessionState, effect: EffectOf<'card'>): Card | null {
    const round = roundNumber(state, effect.round);
    if (newestBar(state, round).kind === 'generate') return null;
    return this.bar(state, effect, round, { kind: 'generate', is: 'full' });
  }

  async outcome(state: SessionState, effect: EffectOf<'card'>): Promise<Card> {
    const { session } = state;
    const round = roundNumber(state, effect.round);
    const pair = await this.pairs.ofRound(state, round);
    const before = state.rounds.filter((r) => r.number < round.number && r.outcome && onLine(r));
    const ballots = [...state.ballots.values()].filter((b) => b.round === round.id);
    const after = isOneMessage(state, effect) ? this.since(state, effect, round) : null;
    return outcomeCard({
      pair,
      after,
      key: effect.key,
      session,
      round,
      before,
      ballots,
      images: state.images.get(round.id) ?? [],
      dir: this.paths.round(session.id, round.number),
      page: this.onPage(state, effect.channel),
    });
  }

  /** Where the page shows the session, for cards that stand elsewhere; null where it does not. */
  private onPage({ bindings }: SessionState, channel: string): string | null {
    const here = bindings.find((row) => row.channel === channel);
    const there = bindings.find((row) => row.platform === 'web' && row.canPost && !row.goneAt);
    if (this.page === null || !there || here?.platform === 'web') return null;
    return `${this.page}/#${encodeURIComponent(there.address)}`;
  }

  /**
   * Where progress stands on the card of the round that closed last: that card as it is now. Null where each
   * bar has a message of its own: on the page, and before any round has closed.
   */
  async closed(state: SessionState, effect: EffectOf<'card'>): Promise<Card | null> {
    const host = isOneMessage(state, effect) ? closedUpTo(state, effect.round) : undefined;
    const binding = state.bindings.find(({ channel }) => channel === effect.channel);
    if (!host || !binding) return null;
    const key = outcomeKey(state.session.id, host.number, binding.ordinal);
    return this.outcome(state, { ...effect, key, round: host.number });
  }

  /** What was learned of a closed round; of the last one also what is done for the next. */
  private since(state: SessionState, effect: EffectOf<'card'>, round: Round): Card | null {
    const newest = state.rounds.at(-1)!;
    const next = newest !== round && closedUpTo(state, newest.number) === round;
    if (next && preparing.includes(newest.state))
      return this.bar(state, effect, newest, newestBar(state, newest));
    const own = newestBar(state, round);
    return own.kind === 'learn' ? this.bar(state, effect, round, own) : null;
  }

  async story(state: SessionState, key: string, channel: string): Promise<Card> {
    const { session } = state;
    const rounds = state.rounds.filter((r) => r.outcome && onLine(r));
    const [first, latest] = [rounds[0], rounds.at(-1)];
    const pictures = first && latest && first !== latest ? await this.storyPictures(state, rounds) : null;
    const pair = await this.pairs.ofStory(state);
    return storyCard({
      key,
      session,
      rounds,
      first: first ? this.side(state, first) : null,
      latest: latest ? this.side(state, latest) : null,
      beforeAfterFile: pictures?.beforeAfter ?? null,
      plotFile: pictures?.plot ?? null,
      pair: pair?.steps ?? [],
      pairFile: pair?.file ?? null,
      strengths: await this.pairs.strengths(state),
      page: this.onPage(state, channel),
    });
  }

  /** Null where another model's took their place. */
  private async strengths(state: SessionState, { key, round }: EffectOf<'card'>): Promise<Card | null> {
    const { strengths } = state.session;
    if (strengths?.round !== round) return null;
    return strengthsCard(key, state.session, strengths, await this.pairs.strengths(state));
  }

  /** Null where another evaluation took its place. */
  safety({ session }: SessionState, { key, round }: EffectOf<'card'>): Card | null {
    const { evaluation } = session;
    return evaluation?.round === round ? safetyCard(key, session, evaluation) : null;
  }

  /** Sheets of what an evaluation drew, four prompts on each. */
  safetySheets({ session }: SessionState, prompts: readonly PromptPictures[]): Promise<string[]> {
    return safetySheets(this.pictures, session.id, prompts);
  }

  /** A card of one message: null where there is nothing to show any more. */
  async whole(
    kind: Exclude<EffectOf<'card'>['card'], 'progress'>,
    state: SessionState,
    effect: EffectOf<'card'>,
  ): Promise<Card | null> {
    if (kind === 'story') return this.story(state, effect.key, effect.channel);
    if (kind === 'strengths') return this.strengths(state, effect);
    return kind === 'outcome' ? this.outcome(state, effect) : this.safety(state, effect);
  }

  notice(state: SessionState, effect: EffectOf<'notice'>): Card {
    const { key, notice, values } = effect;
    const round = effect.round === null ? {} : { round: effect.round };
    const row = state.rounds.find((r) => r.number === effect.round);
    const ballots = [...state.ballots.values()].filter((b) => b.round === row?.id);
    const cell = typeof values.index === 'number' ? { cell: imageName(ballots, values.index) } : {};
    return noticeCard({ key, session: state.session, notice, values: { ...round, ...cell, ...values } });
  }

  private bar(state: SessionState, effect: EffectOf<'card'>, round: Round, bar: Bar): Card {
    const jobs = jobsOf(state, round).filter((j) => j.kind === bar.kind);
    const job = jobs.reduce<Job | null>((a, b) => (a && a.attempt > b.attempt ? a : b), null);
    const preview = job ? this.jobs.preview(job.key) : undefined;
    return progressCard({
      key: `${effect.key}.${bar.kind}`,
      session: state.session,
      round,
      bar,
      job,
      preview,
    });
  }

  private side(state: SessionState, round: Round) {
    const dir = this.paths.round(state.session.id, round.number);
    return { round, images: state.images.get(round.id) ?? [], dir };
  }

  /** A sheet as a picture alone, for whoever looks before the ballot is posted. */
  async sheetPicture(state: SessionState, ballot: Ballot): Promise<Card['pictures'][number] | null> {
    const card = await this.ballot(state, ballot);
    return card.pictures[0] ?? null;
  }

  /** Deletes the pictures made earlier in which a hidden image still stands. */
  async forget(state: SessionState, round: Round, index: number): Promise<void> {
    const ballots = [...state.ballots.values()].filter(
      (b) => b.round === round.id && b.cells.includes(index),
    );
    const images = state.images.get(round.id) ?? [];
    const kept = await Promise.all(
      ballots.map((b) =>
        basename(this.pictures.file(state.session.id, b.id, this.cells(state, b, round, images))),
      ),
    );
    const dir = dirname(this.paths.made(state.session.id, 'any'));
    for (const name of await readdir(dir).catch(() => [])) {
      const stale = name.startsWith('story-') || ballots.some((b) => name.startsWith(`${b.id}-`));
      if (stale && !kept.includes(name)) await rm(join(dir, name), { force: true });
    }
  }

  /** Deletes the sheets of the pair row, which are made anew of what may be seen. */
  forgetPairs({ session }: SessionState): Promise<void> {
    return this.pairs.forget(session.id);
  }

  private cells(state: SessionState, ballot: Ballot, round: Round, images: readonly Image[]) {
    const dir = this.paths.round(state.session.id, round.number);
    const best = round.outcome?.best ?? null;
    return ballot.cells.map((index, i) => {
      const image = images.find((m) => m.index === index);
      const file = image?.state === 'shown' ? join(dir, image.file) : null;
      return { number: i + 1, file, best: best === index };
    });
  }

  /** What a ballot's message shows: its contact sheet, or a gallery's picture, enlarged where it is small. */
  private async shown(
    state: SessionState,
    ballot: Ballot,
    round: Round,
    images: readonly Image[],
  ): Promise<string | null> {
    const cells = this.cells(state, ballot, round, images);
    if (ballot.style === 'gallery') {
      const file = cells[0]?.file ?? null;
      const image = images.find(({ index }) => index === ballot.cells[0]);
      if (file === null || !image || Math.min(image.width, image.height) >= wantedPixels) return file;
      return this.pictures.made(state.session.id, ballot.id, file, async () =>
        enlarged(await decodePicture(file)),
      );
    }
    return this.pictures.made(state.session.id, ballot.id, cells, async () => {
      // What retention took away stays away: the cell keeps its number.
      const drawn = await Promise.all(
        cells.map(async (c) => ({
          ...c,
          picture: c.file && existsSync(c.file) ? await decodePicture(c.file) : null,
        })),
      );
      return (await contactSheet(drawn)).png;
    });
  }

  private async storyPictures(state: SessionState, rounds: readonly Round[]) {
    const sides = await Promise.all(
      [rounds[0]!, rounds.at(-1)!].map(async (round) => this.firstPictures(state, round)),
    );
    const shares = approvals(rounds).map(({ round, share, picked, variety, loss }) => {
      return { round, share, picked, variety, loss };
    });
    const beforeAfter = await this.pictures.made(state.session.id, 'story', sides, async () => {
      const [before, after] = await Promise.all(
        sides.map(async (s) => ({
          round: s.round,
          pictures: await Promise.all(s.files.map((f) => decodePicture(f))),
        })),
      );
      return beforeAfterSheet(before!, after!);
    });
    const plot = await this.pictures.made(state.session.id, 'plot', shares, () => approvalPlot(shares));
    return { beforeAfter, plot };
  }

  private firstPictures(state: SessionState, round: Round) {
    const { dir, images } = this.side(state, round);
    const files = images
      .filter((m) => m.state === 'shown')
      .slice(0, 9)
      .map((m) => join(dir, m.file));
    return { round: round.number, files };
  }
}

/** A picture that is NSFW is looked after at each edit, so in sessions with such the bars stay apart. */
function isOneMessage({ session, bindings }: SessionState, { channel }: EffectOf<'card'>): boolean {
  const binding = bindings.find((row) => row.channel === channel);
  return !session.nsfw && binding !== undefined && platforms[binding.platform].notifies;
}

/** States of a round whose ballots do not hang yet, or never will. */
const preparing: readonly Round['state'][] = ['generating', 'review', 'posting', 'failed'];

/** The newest round that has closed, up to the one of that number. */
function closedUpTo({ rounds }: SessionState, number: number | null): Round | undefined {
  return rounds.findLast((round) => round.outcome !== null && round.number <= (number ?? 0));
}

/** Ballots of its round in its channel, itself among them. */
export function sheetsBeside(state: SessionState, { round, channel }: Ballot): number {
  const beside = [...state.ballots.values()].filter(
    (b) => b.round === round && b.channel === channel && b.state !== 'gone',
  );
  return beside.length;
}

function jobsOf({ jobs }: SessionState, { number }: Round): Job[] {
  return [...jobs.values()].filter((job) => job.round === number);
}

function newestBar(state: SessionState, round: Round): Bar {
  return barOf(state.session.state, round, jobsOf(state, round));
}

function roundNumber(state: SessionState, number: number | null): Round {
  const round = state.rounds.find((r) => r.number === number);
  if (!round) throw new Error(`session ${state.session.id} has no round ${number}`);
  return round;
}

function roundOf(state: SessionState, id: string): Round {
  const round = state.rounds.find((r) => r.id === id);
  if (!round) throw new Error(`session ${state.session.id} has no round ${id}`);
  return round;
}
