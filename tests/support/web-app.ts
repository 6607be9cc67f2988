/**
 * The web platform with a small app in memory behind it, to look at the page and to test it without an
 * engine: Done closes the round, a pretended learner reports progress, the next round opens. Votes are
 * counted from the events.
 */
import { WebPlatform } from '../../bot/platforms/web/adapter.js';
import type { WebOptions } from '../../bot/platforms/web/options.js';
import { ballotCard } from '../../bot/views/ballot.js';
import { type Answer, replyCard, welcomeCard } from '../../bot/views/notice.js';
import { outcomeCard } from '../../bot/views/outcome.js';
import { pairOfRound, pairSteps } from '../../bot/views/pair.js';
import { barOf, progressCard } from '../../bot/views/progress.js';
import { storyCard } from '../../bot/views/story.js';
import { strengthCells, strengthsCard } from '../../bot/views/strengths.js';
import { type CommandSpec, parseCommand, usage } from '../../src/chat/commands.js';
import type { ChatEvent } from '../../src/chat/port.js';
import { approvals } from '../../src/domain/state/approval.js';
import { sheetName } from '../../src/domain/state/ids.js';
import type { Session } from '../../src/domain/state/model.js';
import type { Ballot, Job, Round } from '../../src/domain/state/round.js';
import { told } from '../../src/words/tell.js';
import { counted, lines, listed, say } from '../../src/words/text.js';
import { makeBallots, makeImages, makeOutcome, makeRound, makeSession, rules } from './rows.js';

export interface WebAppOptions {
  dir: string;
  /** Absolute files of pictures; round r, image i shows pictures[(r * count + i) % length]. */
  pictures: string[];
  port?: number;
  images?: number;
  quorum?: number;
  /** Milliseconds of one pretended step of the engine. */
  stepMs?: number;
  accessToken?: string | null;
  /** The guards of votes did something in every closed round. */
  guarded?: boolean;
  session?: Partial<Session>;
  web?: Partial<WebOptions>;
}

export const commands: CommandSpec[] = [
  { path: ['help'], help: say('What I do, or how one command goes'), role: 'member', args: [], options: [] },
  {
    path: ['session', 'status'],
    help: say('Where the session stands'),
    role: 'member',
    args: [],
    options: [],
  },
  {
    path: ['session', 'story'],
    help: say('The first round beside the latest, and approval by round'),
    role: 'member',
    args: [],
    options: [],
  },
  {
    path: ['session', 'start'],
    help: say('Open a session: a prompt or the name of a task'),
    role: 'member',
    args: [
      {
        name: 'prompt',
        help: say('what to draw, in plain words, or a task such as rose'),
        type: 'text',
        required: true,
        rest: true,
      },
    ],
    options: [
      { name: 'task', help: say('what learns from the votes'), type: { choice: ['cat', 'rose', 'hand'] } },
      { name: 'rounds', help: say('rounds until it ends'), type: 'integer' },
    ],
  },
  {
    path: ['best'],
    help: say('Name the best picture of the round; "none" takes that back'),
    role: 'member',
    args: [
      {
        name: 'cell',
        help: say('a picture of the newest ballots, such as B4 (in a gallery #4)'),
        type: 'cell',
        required: true,
      },
    ],
    options: [],
  },
  {
    path: ['round', 'close'],
    help: say('Close the vote now and learn from it'),
    role: 'moderator',
    args: [],
    options: [],
  },
];

export class WebApp {
  readonly platform: WebPlatform;
  readonly events: ChatEvent[] = [];
  readonly session: Session;
  readonly rounds: Round[] = [];
  private readonly marks = new Map<string, Map<string, Set<string>>>();
  private readonly messages = new Map<string, { ballot: Ballot; message: string }>();

  constructor(private readonly options: WebAppOptions) {
    const images = options.images ?? 18;
    this.session = makeSession({
      rules: { ...rules, imagesPerRound: images, quorum: options.quorum ?? 1 },
      ...options.session,
    });
    this.platform = new WebPlatform({
      host: '127.0.0.1',
      port: options.port ?? 0,
      accessToken: options.accessToken ?? null,
      dir: options.dir,
      commands,
      now: Date.now,
      status: () => ({ sessions: [this.status()] }),
      adapter: async () => null,
      onError: (error) => console.error(error),
      ...options.web,
    });
  }

  async start(): Promise<void> {
    await this.platform.start((event) => this.take(event));
  }

  async open(): Promise<void> {
    await this.platform.post('cat', welcomeCard('welcome', this.session));
    await this.draw();
  }

  status() {
    const round = this.rounds.at(-1);
    return {
      id: this.session.id,
      channel: 'cat',
      prompt: this.session.prompt,
      state: this.session.state,
      round: round?.number ?? 0,
      roundState: round?.state ?? 'generating',
      ballots: this.messages.size,
      votes: 0,
      voters: 0,
      approval: approvals(this.rounds).map(({ share }) => share),
      judged: approvals(this.rounds),
      budget: this.session.rules.budgetRounds,
      adapter: this.rounds.some((r) => r.learned !== null),
    };
  }

  /** Which sheet of its round a message shows. */
  sheetOf(message: string): string {
    const found = [...this.messages.values()].find((one) => one.message === message)!;
    return sheetName(found.ballot.sheet);
  }

  /** Generates and posts the next round. */
  async draw(): Promise<void> {
    const round = makeRound(this.session, this.rounds.length + 1, { state: 'generating' });
    const noise = { index: 0, file: this.picture(round, 0), width: 64, height: 64 };
    round.pair = [{ ...noise, state: 'shown', heldBy: null }];
    this.rounds.push(round);
    await this.work(round, 'generate', 'sample', 20);
    round.state = 'open';
    round.deadline = Date.now() + 40 * 60_000;
    await this.progress(round, null);
    for (const ballot of makeBallots(this.session, round)) {
      const { message } = await this.platform.post('cat', this.card(round, ballot));
      this.messages.set(ballot.id, { ballot, message });
    }
    // What was learned of the round before is drawn.
    const learned = this.rounds.at(-2);
    if (!learned) return;
    const card = this.outcome(learned);
    await this.platform.edit(await this.platform.post('cat', card), card);
  }

  async close(round: Round): Promise<void> {
    const up = Array.from({ length: round.count }, () => 0);
    const people = new Set<string>();
    let best: number | null = null;
    for (const { ballot } of this.ofRound(round)) {
      for (const [who, marks] of this.marks.get(ballot.id) ?? []) {
        people.add(who);
        ballot.cells.forEach((index, i) => {
          if (marks.has(`${i + 1}`) || marks.has(`star-${i + 1}`)) up[index]! += 1;
          if (marks.has(`star-${i + 1}`)) best = index;
        });
      }
    }
    round.state = 'learning';
    round.outcome = makeOutcome(up, Math.max(1, people.size), best);
    if (this.options.guarded) round.outcome.guarded = true;
    for (const { ballot, message } of this.ofRound(round)) {
      ballot.state = 'closed';
      await this.platform.edit({ platform: 'web', channel: 'cat', message }, this.card(round, ballot));
    }
    await this.platform.post('cat', this.outcome(round));
    await this.work(round, 'learn', 'train', 60);
    round.state = 'done';
    round.learned = { steps: 60, learned: true, notes: [], seconds: 24 };
    await this.progress(round, null);
    await this.draw();
  }

  private outcome(round: Round) {
    const before = this.rounds.slice(0, round.number - 1);
    const ballots = this.ofRound(round).map((x) => x.ballot);
    const images = makeImages(round, (i) => this.picture(round, i));
    const steps = pairOfRound(this.pairSteps(), round);
    const pair = steps.length > 0 ? { steps, file: steps[0]!.cells[0]!.file! } : null;
    const key = `${round.id}.outcome`;
    return outcomeCard({ key, session: this.session, round, before, ballots, images, dir: '/', pair });
  }

  /** The newest model at other strengths: a card, and from now on in the story. */
  async strengths(): Promise<void> {
    const { round, steps } = this.strong();
    const strengths = { round, state: 'done', at: 0, steps: [], failure: null } as const;
    const shown = { steps, file: steps[0]!.cells[0]!.file! };
    const card = strengthsCard('strengths', this.session, { ...strengths, steps: [] }, shown);
    await this.platform.post('cat', card);
  }

  private strong() {
    const round = this.rounds.at(-1)!;
    const steps = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map((strength, i) => ({
      strength,
      files: [0, 1, 2, 3].map((n) => this.picture(round, 4 * i + n)),
    }));
    const strengths = { round: round.number, state: 'done', at: 0, steps, failure: null } as const;
    return { round: round.number, steps: strengthCells(this.session, strengths, '/') };
  }

  private pairSteps() {
    return pairSteps(this.session, this.rounds, () => '/');
  }

  async story(): Promise<void> {
    const side = (round: Round) => ({
      round,
      images: makeImages(round, (i) => this.picture(round, i)),
      dir: '/',
    });
    const closed = this.rounds.filter((r) => r.outcome);
    await this.platform.post(
      'cat',
      storyCard({
        key: `story.${closed.length}`,
        session: this.session,
        rounds: closed,
        first: closed[0] ? side(closed[0]) : null,
        latest: closed.at(-1) ? side(closed.at(-1)!) : null,
        beforeAfterFile: null,
        plotFile: null,
        pair: this.pairSteps(),
        strengths: this.strong(),
      }),
    );
  }

  private async take(event: ChatEvent): Promise<void> {
    this.events.push(event);
    if (event.kind === 'reaction') {
      const found = [...this.messages.values()].find((x) => x.message === event.ref.message);
      if (!found) return;
      const people = this.marks.get(found.ballot.id) ?? new Map<string, Set<string>>();
      const mine = people.get(event.account.id) ?? new Set<string>();
      if (event.present) mine.add(event.emoji);
      else mine.delete(event.emoji);
      this.marks.set(found.ballot.id, people.set(event.account.id, mine));
      const round = this.rounds.at(-1)!;
      const done = this.ofRound(round).flatMap(({ ballot }) =>
        [...(this.marks.get(ballot.id) ?? [])].filter(([, marks]) => marks.has('done')),
      );
      if (event.emoji === 'done' && round.state === 'open' && done.length >= this.session.rules.quorum) {
        void this.close(round);
      }
    } else if (event.kind === 'command') {
      const parsed = parseCommand(commands, event.text);
      if (!parsed.ok)
        await this.platform.reply(event.replyTo, replyCard('x', { title: 'Not quite', text: parsed.answer }));
      else if (parsed.spec.path.join(' ') === 'session story') await this.story();
      else {
        const text = lines(commands.map((c) => say('**{name}**: {help}', { name: usage(c), help: c.help })));
        await this.platform.reply(
          event.replyTo,
          told(replyCard('x', { title: say('What I do'), text }), event.account.language),
        );
      }
    } else if (event.kind === 'button' && event.button === 'guards') {
      const [session, round] = event.value!.split(' ');
      const card = replyCard('x', guardsAnswer(session!, Number(round)));
      await this.platform.reply(event.replyTo, told(card, event.account.language));
    } else if (event.kind === 'button') {
      const words = `Picture ${event.value} is flagged. A moderator will look at it.`;
      await this.platform.reply(event.replyTo, replyCard('x', { title: 'Thank you', text: words }));
    }
  }

  private ofRound(round: Round): { ballot: Ballot; message: string }[] {
    return [...this.messages.values()].filter((x) => x.ballot.round === round.id);
  }

  private card(round: Round, ballot: Ballot) {
    const images = makeImages(round, (i) => this.picture(round, i));
    const sheets = Math.ceil(round.count / this.session.rules.sheetSize);
    return ballotCard({ session: this.session, round, ballot, images, dir: '/', file: null, sheets });
  }

  private picture(round: Round, index: number): string {
    const { pictures } = this.options;
    return pictures[((round.number - 1) * round.count + index) % pictures.length]!;
  }

  private async work(round: Round, kind: Job['kind'], stage: string, total: number): Promise<void> {
    const stepMs = this.options.stepMs ?? 1;
    for (let done = 0; done <= total; done += Math.ceil(total / 10)) {
      const secondsLeft = ((total - done) * stepMs) / 1000;
      const fill = { stage, done, total, secondsLeft, state: 'running' as const };
      await this.progress(round, {
        ...fill,
        kind,
        key: '',
        session: '',
        round: 0,
        attempt: 1,
        error: null,
        at: 0,
      });
      await new Promise((resolve) => setTimeout(resolve, stepMs * Math.ceil(total / 10)));
    }
  }

  private async progress(round: Round, job: Job | null): Promise<void> {
    const learn = round.state === 'learning' || round.state === 'done';
    const key = `${round.id}.progress.${learn ? 'learn' : 'generate'}`;
    const bar = barOf('active', round, job ? [job] : []);
    const card = progressCard({ key, session: this.session, round, bar, job });
    await this.platform.edit(await this.platform.post('cat', card), card);
  }
}

/** What moderators are told of a round in which five accounts counted as one. */
function guardsAnswer(session: string, round: number): Answer {
  const value = `${session} ${round}`;
  const members = listed(['KESTREL', 'OTTER', 'HERON', 'LYNX', 'STOAT'].map((code) => `**${code}**`));
  const accounts = counted(5, 'account');
  return {
    title: say('Guards, round {round}', { round }),
    text: say(
      '{accounts} counted as one, since they gave the same unusual marks within {clusterSeconds} seconds again and again: {members}.',
      { accounts, clusterSeconds: 30, members },
    ),
    buttons: [
      { id: 'lift-hands', label: say('Count them apart'), value },
      { id: 'lift-best', label: say('Let it be the best'), value },
    ],
    data: { session, guardsOf: round },
  };
}
