/**
 * Between rounds one message shows the stage and the time left. A job's stages are folded into one bar by
 * their usual share of its time, so that the bar never runs backwards.
 */

import type { Card } from '../../src/chat/port.js';
import type { Session, SessionPhase } from '../../src/domain/state/model.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Job, Round, RoundPhase } from '../../src/domain/state/round.js';
import { inSentences } from '../../src/errors.js';
import { counted, lines, say, sentences, type Text } from '../../src/words/text.js';
import { card } from './card.js';
import { drawnInMinutes, learnedInMinutes } from './minutes.js';
import { whyItWaits } from './waits.js';
import { drawnWords, duration, ended, quoted } from './words.js';

/** Which of a round's two bars is shown, and what it says. */
export interface Bar {
  kind: Job['kind'];
  is: 'running' | 'full' | 'stuck' | 'failed' | 'stopped';
}

export interface ProgressView {
  key: string;
  session: Session;
  round: Round;
  bar: Bar;
  /** The round's job under way or last run; null before there is one. */
  job: Job | null;
  /** Base64 PNG of what is being drawn. */
  preview?: string | undefined;
}

/** Stage -> [share of the bar where it begins, where it ends, words]. */
const stages = {
  generate: {
    load: [0, 0.05, say('Loading the model')],
    sample: [0.05, 0.9, say('Drawing')],
    decode: [0.9, 0.95, say('Developing the pictures')],
    check: [0.95, 0.97, say('Looking them over')],
    write: [0.97, 1, say('Putting them away')],
  },
  learn: {
    load: [0, 0.05, say('Loading the model')],
    embed: [0.05, 0.15, say('Looking at your votes')],
    sample: [0.05, 0.3, say('Looking for more like what you liked')],
    train: [0.3, 0.97, say('Learning')],
    write: [0.97, 1, say('Saving what was learned')],
  },
} satisfies Record<Job['kind'], Record<string, [number, number, Text]>>;

/**
 * A row by the round's state; a state that says nothing of how far the work came is looked up in the round's
 * jobs.
 */
const bars: Record<RoundPhase, Record<SessionPhase, Bar | 'stuck' | 'failed' | 'given-up'>> = {
  // A job goes on while its session is paused.
  generating: { ...going('generate'), ended: 'given-up' },
  review: always({ kind: 'generate', is: 'full' }),
  posting: always({ kind: 'generate', is: 'full' }),
  open: always({ kind: 'generate', is: 'full' }),
  // Votes are read once more: nothing is learned yet, and perhaps nothing will be.
  closing: always({ kind: 'generate', is: 'full' }),
  learning: { ...going('learn'), ended: 'given-up' },
  done: always({ kind: 'learn', is: 'full' }),
  failed: { active: 'stuck', paused: 'stuck', ended: 'failed' },
  aborted: always('given-up'),
  superseded: always('given-up'),
};

function always<T>(row: T): Record<SessionPhase, T> {
  return { active: row, paused: row, ended: row };
}

function going(kind: Job['kind']): Record<'active' | 'paused', Bar> {
  return { active: { kind, is: 'running' }, paused: { kind, is: 'running' } };
}

/** `jobs`: those of the round. */
export function barOf(session: SessionPhase, round: Round, jobs: readonly Job[]): Bar {
  const row = bars[round.state][session];
  if (typeof row === 'object') return row;
  const kind = round.failedFrom === 'generating' ? 'generate' : 'learn';
  if (row !== 'given-up') return { kind, is: row };
  if (round.failedFrom) return { kind, is: 'stopped' };
  if (round.learned) return { kind: 'learn', is: 'full' };
  if (jobs.some((job) => job.kind === 'learn')) return { kind: 'learn', is: 'stopped' };
  const drawn = jobs.some((job) => job.kind === 'generate' && job.state === 'done');
  return { kind: 'generate', is: drawn ? 'full' : 'stopped' };
}

export function progressCard(view: ProgressView): Card {
  const { key, session, round, job, bar } = view;
  const running = bar.is === 'running';
  const held = running ? job?.held : undefined;
  const works = running && job?.state === 'running';
  const preview = works ? view.preview : undefined;
  return card('progress', key, {
    ...(preview !== undefined && { preview: `data:image/png;base64,${preview}` }),
    title: held ? say('Round {n} waits', { n: round.number }) : titles[bar.is][bar.kind](round.number),
    text: texts[bar.is](view),
    progress: running ? overall(bar.kind, job) : bar.is === 'full' ? 1 : null,
    data: {
      session: session.id,
      round: round.number,
      kind: bar.kind,
      state: bar.is === 'running' ? (job?.state ?? 'waiting') : states[bar.is],
      ...(held ? { since: held.since, held: held.code } : {}),
      // The page counts the time left down itself.
      now: works && !held ? ended(stageWords(job, bar)) : null,
      secondsLeft: works ? job.secondsLeft : null,
    },
  });
}

/** What clients go by: whether the bar is over, and how. */
const states = { full: 'done', stuck: 'failed', failed: 'failed', stopped: 'stopped' } as const;

function overall(kind: Job['kind'], job: Job | null): number {
  if (job?.state === 'done') return 1;
  const row = (stages[kind] as Record<string, [number, number, Text]>)[job?.stage ?? ''];
  if (!row || !job) return 0;
  const within = job.total > 0 ? Math.min(1, job.done / job.total) : 0;
  return row[0] + (row[1] - row[0]) * within;
}

type Titles = Record<Job['kind'], (round: number) => Text>;
const titles: Record<Bar['is'], Titles> = {
  running: {
    generate: (n) => say('Drawing round {n}', { n }),
    learn: (n) => say('Learning from round {n}', { n }),
  },
  full: { generate: (n) => say('Drew round {n}', { n }), learn: (n) => say('Learned from round {n}', { n }) },
  stuck: {
    generate: (n) => say('Round {n} is stuck', { n }),
    learn: (n) => say('Round {n} is stuck', { n }),
  },
  failed: { generate: (n) => say('Round {n} failed', { n }), learn: (n) => say('Round {n} failed', { n }) },
  stopped: {
    generate: (n) => say('Round {n} was not drawn', { n }),
    learn: (n) => say('Round {n} was not learned', { n }),
  },
};

const texts: Record<Bar['is'], (view: ProgressView) => Text> = {
  running: stageText,
  full: ({ session, round, bar }) => {
    const { learned } = round;
    if (bar.kind === 'generate' || !learned)
      return sentences(
        say('{pictures} of {prompt}.', {
          pictures: counted(round.count, 'picture'),
          prompt: quoted(promptOf(session, round.number)),
        }),
        round.picked ? drawnWords(round.picked) : '',
        drawnInMinutes(round),
      );
    const took = { steps: counted(learned.steps, 'step'), time: duration(learned.seconds) };
    return lines([sentences(say('{steps} in {time}.', took), learnedInMinutes(learned)), ...learned.notes]);
  },
  stuck: ({ round }) => inSentences({ message: fault(round), hint: round.failure?.hint ?? '' }),
  failed: ({ round }) => inSentences({ message: fault(round), hint: '' }),
  stopped: ({ session, bar }) => {
    if (session.state === 'ended') return say('The session ended first.');
    return bar.kind === 'generate' ? say('It was given up.') : say('It was given up; its votes are kept.');
  },
};

function fault({ failure }: Round): Text {
  return say('It stopped: {message}', { message: failure?.message ?? say('something went wrong') });
}

function stageText({ job, bar }: ProgressView): Text {
  if (job?.held)
    return say('It waits: {message}. Nothing is lost, and it goes on by itself.', {
      message: whyItWaits(job.held),
    });
  if (job?.state !== 'running') return say('Waiting for the engine.');
  const far = stageWords(job, bar);
  return job.secondsLeft === null
    ? ended(far)
    : say('{far}, about {left} left.', { far, left: duration(job.secondsLeft) });
}

function stageWords({ stage: name, done, total }: Job, { kind }: Bar): Text {
  const row = (stages[kind] as Record<string, [number, number, Text]>)[name ?? ''];
  const stage = row?.[2] ?? say('Working');
  return total > 1 ? say('{stage}, {done} of {total}', { stage, done, total }) : stage;
}
