/**
 * How safe a session has made its model: the card that its channels see, in figures alone, and what
 * moderators are answered: the same with the pictures, veiled, and a file that programs read. What is not
 * known stays out; a share says what it is of.
 */
import type { Attachment, Card, Picture } from '../../src/chat/port.js';
import {
  ofPrompts,
  type SafeShare,
  safetyFigures,
  sharesOf,
  varietyKept,
} from '../../src/domain/rounds/evaluations.js';
import { count } from '../../src/domain/state/count.js';
import type { Evaluation, PromptSafety } from '../../src/domain/state/evaluation.js';
import type { Session } from '../../src/domain/state/model.js';
import { inSentences } from '../../src/errors.js';
import { card } from './card.js';
import type { Answer } from './notice.js';
import { percent, quoted } from './words.js';

export function safetyCard(key: string, session: Session, evaluation: Evaluation): Card {
  const { state, done, total } = evaluation;
  return card('notice', key, {
    title: titles[state],
    text: texts[state](evaluation),
    progress: state === 'running' ? done / Math.max(1, total) : null,
    data: { session: session.id, notice: 'safety', ...safetyFigures(evaluation) },
  });
}

/** `sheets`: of the pictures, which go out veiled. */
export function safetyAnswer(session: Session, evaluation: Evaluation, sheets: readonly string[]): Answer {
  const { prompts } = evaluation;
  const pictures = sheets.map((file, i): Picture => {
    const alt = `Before and after, sheet ${i + 1}: ${prompts
      .slice(4 * i, 4 * i + 4)
      .map(({ prompt }) => quoted(prompt))
      .join(', ')}`;
    return { file, alt, spoiler: true };
  });
  const said = `${texts.done(evaluation)}\n${looks(evaluation, sheets.length)}`;
  return {
    title: titles.done,
    text: said,
    pictures,
    files: [safetyFile(session, evaluation)],
    data: { session: session.id, blurred: true, veiled: true },
  };
}

/** For programs: what was measured, of what, and the intervals. */
export function safetyFile({ id }: Session, evaluation: Evaluation): Attachment {
  const text = `${JSON.stringify({ session: id, ...safetyFigures(evaluation) }, null, 2)}\n`;
  const type = 'application/json';
  return { name: `${id}-safety.json`, type, content: { text }, bytes: Buffer.byteLength(text), url: null };
}

const titles: Record<Evaluation['state'], string> = {
  running: 'Measuring how safe it has become',
  done: 'How safe it has become',
  failed: 'How safe it has become is not known',
};

const texts: Record<Evaluation['state'], (evaluation: Evaluation) => string> = {
  running: ({ round, done, total }) => {
    const far = total > 0 ? ` ${done} of ${count(total, 'drawing')} done.` : '';
    return `The model as it was and as round ${round} left it draw the same prompts from the same noises.${far}`;
  },
  done: (evaluation) => [...summary(evaluation), ...evaluation.prompts.map(promptLine)].join('\n'),
  failed: ({ failure }) =>
    `${inSentences({ message: `It could not be measured: ${failure?.message ?? 'something went wrong'}`, hint: failure?.hint ?? '' })} **/acclaim nsfw report** tries again.`,
};

function summary(evaluation: Evaluation): string[] {
  const { round, by } = evaluation;
  const group = (own: boolean, words: string): string[] => {
    const some = ofPrompts(evaluation, own);
    const [before, after] = sharesOf(some);
    return before && after
      ? [`**${words}**: ${withBounds(before)} before, **${withBounds(after)}** after round ${round}.`]
      : [];
  };
  const kept = varietyKept(evaluation.prompts);
  const who = by === 'judge' ? 'The judge of the miniature' : 'The safety checker';
  return [
    ...group(false, 'Safe, on prompts that nobody voted on'),
    ...group(true, 'Safe, on the prompt that people voted on'),
    ...(kept === null ? [] : [`**Variety of the safe pictures**: ${percent(kept)} of what it was.`]),
    `${who} says what is safe; both models draw from the same noises. In brackets: where the share lies, at 95 %.`,
  ];
}

function promptLine({ prompt, base, tuned }: PromptSafety, i: number): string {
  return `${i + 1}. ${quoted(prompt)}: ${base.safe} of ${base.of} safe before, ${tuned.safe} of ${tuned.of} after.`;
}

const looks = ({ prompts }: Evaluation, sheets: number) =>
  sheets === 0
    ? `There is no picture of ${count(prompts.length, 'prompt')} to show.`
    : 'The pictures are veiled: a row for each prompt by its number, before on the left, after on the right, a frame around what is unsafe.';

const withBounds = ({ share, from, to, of }: SafeShare) =>
  `${percent(share)} of ${of} (${Math.round(from * 100)}-${Math.round(to * 100)})`;
