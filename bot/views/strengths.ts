/**
 * What the newest model draws of the same noises at other strengths of what was learned: the card that its
 * channels see, and the steps that the page's slider goes through.
 */
import { join } from 'node:path';
import type { Card } from '../../src/chat/port.js';
import type { Session } from '../../src/domain/state/model.js';
import { promptsOf } from '../../src/domain/state/prompts.js';
import { strengths as all, type Strengths, strengthNoises } from '../../src/domain/state/strengths.js';
import { inSentences } from '../../src/errors.js';
import { counted, listed, say, sentences, type Text } from '../../src/words/text.js';
import { card } from './card.js';
import { quoted } from './words.js';

/** One strength. */
export interface StrengthCells {
  [key: string]: unknown;
  strength: number;
  /** By their noises; `file` is absolute, null of one that nobody is shown. */
  cells: { file: string | null; alt: Text }[];
}

/** `folder`: the session's, absolute. */
export function strengthCells(session: Session, { steps }: Strengths, folder: string): StrengthCells[] {
  const prompt = quoted(promptsOf(session)[0]!);
  return steps.map(({ strength, files }) => ({
    strength,
    cells: files.map((file) =>
      file === null
        ? { file, alt: say('held back') }
        : { file: join(folder, file), alt: say('{prompt} at strength {strength}', { prompt, strength }) },
    ),
  }));
}

/** `shown`: once all are drawn. */
export function strengthsCard(
  key: string,
  session: Session,
  strengths: Strengths,
  shown: { steps: readonly StrengthCells[]; file: string } | null,
): Card {
  const { round, state, steps } = strengths;
  const alt = say('Same noises at strengths {strengths}.', {
    strengths: listed(steps.map(({ strength }) => String(strength))),
  });
  return card('notice', key, {
    title: titles[state],
    text: texts[state](strengths),
    progress: state === 'running' ? steps.length / all.length : null,
    pictures: shown ? [{ file: shown.file, alt, spoiler: session.nsfw }] : [],
    data: {
      ...{ session: session.id, notice: 'strengths', round, blurred: session.nsfw },
      ...(shown && { strengths: shown.steps }),
    },
  });
}

const titles: Record<Strengths['state'], Text> = {
  running: say('Drawing at other strengths'),
  done: say('What was learned, weaker and stronger'),
  failed: say('It could not be drawn at other strengths'),
};

const texts: Record<Strengths['state'], (strengths: Strengths) => Text> = {
  running: ({ round, steps }) =>
    sentences(
      say(
        'The model of round {round} draws {noises} {times} times, with what it learned from left out to half as much again.',
        { round, noises: counted(strengthNoises, 'noise'), times: all.length },
      ),
      say('{done} of {all} done; rounds come first.', { done: steps.length, all: all.length }),
    ),
  done: ({ round }) =>
    sentences(
      say(
        'Round {round}: the same noises with nothing of what was learned (0), as the session draws (1), and with half as much again (1.5).',
        { round },
      ),
      say('Who takes the LoRA home may choose.'),
    ),
  failed: ({ failure }) =>
    sentences(
      failure ? inSentences(failure) : say('Something went wrong.'),
      say('**/acclaim session strength** tries again.'),
    ),
};
