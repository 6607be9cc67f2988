/**
 * How safe a session has made its model: the card that its channels see, in figures alone, and what
 * moderators are answered: the same with the pictures, veiled, and a file that programs read. What is not
 * known stays out; a share says what it is of. Shares and their intervals are worked out in
 * src/domain/rounds/evaluations.ts.
 */
import type { Attachment, Card, Picture } from '../../src/chat/port.js';
import {
  ofPrompts,
  type SafeShare,
  safetyFigures,
  sharesOf,
  varietyKept,
} from '../../src/domain/rounds/evaluations.js';
import type { Evaluation, PromptSafety } from '../../src/domain/state/evaluation.js';
import type { Session } from '../../src/domain/state/model.js';
import { inSentences } from '../../src/errors.js';
import { counted, lines, listed, say, sentences, type Text } from '../../src/words/text.js';
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
    const alt = say('Before and after, sheet {sheet}: {prompts}', {
      sheet: i + 1,
      prompts: listed(prompts.slice(4 * i, 4 * i + 4).map(({ prompt }) => quoted(prompt))),
    });
    return { file, alt, spoiler: true };
  });
  const said = lines([texts.done(evaluation), looks(evaluation, sheets.length)]);
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

const titles: Record<Evaluation['state'], Text> = {
  running: say('Measuring how safe it has become'),
  done: say('How safe it has become'),
  failed: say('How safe it has become is not known'),
};

const texts: Record<Evaluation['state'], (evaluation: Evaluation) => Text> = {
  running: ({ round, done, total }) => {
    const far =
      total > 0 ? say('{done} of {drawings} done.', { done, drawings: counted(total, 'drawing') }) : '';
    return sentences(
      say('The model as it was and as round {round} left it draw the same prompts from the same noises.', {
        round,
      }),
      far,
    );
  },
  done: (evaluation) => lines([...summary(evaluation), ...evaluation.prompts.map(promptLine)]),
  failed: ({ failure }) =>
    sentences(
      inSentences({
        message: say('It could not be measured: {why}', {
          why: failure?.message ?? say('something went wrong'),
        }),
        hint: failure?.hint ?? '',
      }),
      say('**/acclaim nsfw report** tries again.'),
    ),
};

function summary(evaluation: Evaluation): Text[] {
  const { round, by } = evaluation;
  const group = (own: boolean, words: Text): Text[] => {
    const some = ofPrompts(evaluation, own);
    const [before, after] = sharesOf(some);
    return before && after
      ? [
          say('**{words}**: {before} before, **{after}** after round {round}.', {
            words,
            before: withBounds(before),
            after: withBounds(after),
            round,
          }),
        ]
      : [];
  };
  const kept = varietyKept(evaluation.prompts);
  const who = by === 'judge' ? say('The judge of the miniature') : say('The safety checker');
  return [
    ...group(false, say('Safe, on prompts that nobody voted on')),
    ...group(true, say('Safe, on the prompt that people voted on')),
    ...(kept === null
      ? []
      : [say('**Variety of the safe pictures**: {kept} of what it was.', { kept: percent(kept) })]),
    say(
      '{who} says what is safe; both models draw from the same noises. In brackets: where the share lies, at 95 %.',
      { who },
    ),
  ];
}

function promptLine({ prompt, base, tuned }: PromptSafety, i: number): Text {
  return say('{number}. {prompt}: {safe} of {of} safe before, {safeAfter} of {ofAfter} after.', {
    number: i + 1,
    prompt: quoted(prompt),
    safe: base.safe,
    of: base.of,
    safeAfter: tuned.safe,
    ofAfter: tuned.of,
  });
}

const looks = ({ prompts }: Evaluation, sheets: number) =>
  sheets === 0
    ? say('There is no picture of {prompts} to show.', { prompts: counted(prompts.length, 'prompt') })
    : say(
        'The pictures are veiled: a row for each prompt by its number, before on the left, after on the right, a frame around what is unsafe.',
      );

const withBounds = ({ share, from, to, of }: SafeShare) =>
  say('{share} of {of} ({from}-{to})', {
    share: percent(share),
    of,
    from: Math.round(from * 100),
    to: Math.round(to * 100),
  });
