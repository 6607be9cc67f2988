/**
 * The marks that people type into prompts, as AUTOMATIC1111's web interface reads them:
 *   (word)        attention times 1.1, each pair of brackets once more
 *   [word]        divided by 1.1
 *   (word:1.3)    times 1.3
 *   \( \) \[ \]   the bracket itself
 *   BREAK         what follows begins a chunk of its own
 *   <lora:...>    names a file there; here it is taken out, and said what to do instead
 * A bracket that is never closed holds up to the end; one that was never opened is text.
 */
import { listed, say, type Text } from '../words/text.js';

/** Text of one weight. */
export interface Segment {
  readonly text: string;
  readonly weight: number;
}

export interface PromptParts {
  /** Between BREAKs; at least one. */
  readonly parts: readonly (readonly Segment[])[];
  /** Tags that name files, as typed. */
  readonly files: readonly string[];
}

const OPENED = 1.1;
/** Beyond this a state is no text's any more, and half precision overflows. */
export const MOST_WEIGHT = 10;

const FILE = /<(?:lora|lyco|lycoris|hypernet|locon)\s*:[^<>]*>/gi;
const MARK = /\\[()[\]\\]|\\|\(|\[|:\s*([+-]?[.\d]+)\s*\)|\)|\]|[^\\()[\]:]+|:/g;

const BREAK = 'BREAK';
const AROUND_BREAK = /\s*\b(BREAK)\b\s*/;

interface Run {
  text: string;
  weight: number;
}

/** Weights in parentheses and brackets, `BREAK`, and names of LoRA files, as other tools write them. */
export function readPrompt(prompt: string): PromptParts {
  const files = prompt.match(FILE) ?? [];
  const parts: Run[][] = [[]];
  for (const run of weighted(prompt.replace(FILE, ''))) {
    if (run.text === BREAK) parts.push([]);
    else parts.at(-1)!.push(run);
  }
  return { parts: parts.map(joined), files };
}

/** Pieces with their weights; BREAK is one of its own, and brackets hold over it. */
function weighted(text: string): Run[] {
  const runs: Run[] = [];
  const round: number[] = [];
  const square: number[] = [];
  const times = (from: number | undefined, by: number) => {
    for (const run of runs.slice(from ?? runs.length)) run.weight *= by;
  };
  for (const [mark, by] of text.matchAll(MARK)) {
    if (/^\\./.test(mark)) runs.push({ text: mark.slice(1), weight: 1 });
    else if (mark === '(') round.push(runs.length);
    else if (mark === '[') square.push(runs.length);
    else if (by !== undefined && round.length > 0 && Number.isFinite(Number(by)))
      times(round.pop(), Number(by));
    else if (mark === ')' && round.length > 0) times(round.pop(), OPENED);
    else if (mark === ']' && square.length > 0) times(square.pop(), 1 / OPENED);
    else if (mark !== '\\')
      for (const piece of mark.split(AROUND_BREAK)) if (piece !== '') runs.push({ text: piece, weight: 1 });
  }
  for (const from of round) times(from, OPENED);
  for (const from of square) times(from, 1 / OPENED);
  return runs;
}

/** Neighbours of one weight are one text. */
function joined(runs: readonly Run[]): Segment[] {
  const out: Run[] = [];
  for (const { text, weight } of runs) {
    const bound = Math.max(-MOST_WEIGHT, Math.min(MOST_WEIGHT, weight));
    const last = out.at(-1);
    if (last?.weight === bound) last.text += text;
    else out.push({ text, weight: bound });
  }
  return out.length > 0 ? out : [{ text: '', weight: 1 }];
}

/** What is left for the eye when all marks are taken away: words that they cut are whole again. */
export const spoken = (prompt: string): string =>
  readPrompt(prompt)
    .parts.map((part) => part.map(({ text }) => text).join(''))
    .join(' ');

const MOST_NAMED = 5;
const rounded = (weight: number) => String(Math.round(weight * 100) / 100);

/** What was understood of the marks, a line each; none where there are none. */
export function promptNotes(prompt: string): Text[] {
  const { parts, files } = readPrompt(prompt);
  const heavy = parts.flat().filter(({ text, weight }) => weight !== 1 && text.trim() !== '');
  const named = heavy.slice(0, MOST_NAMED).map(({ text, weight }) => `"${text.trim()}" ${rounded(weight)}`);
  const more = heavy.length - named.length;
  const weights = more > 0 ? say('{named} and {more} others', { named: listed(named), more }) : listed(named);
  const lines: Text[] = [];
  if (named.length > 0)
    lines.push(say('Weights: {weights}. A backslash before a bracket makes it text.', { weights }));
  if (parts.length > 1)
    lines.push(
      say('BREAK: the prompt is read in {parts} parts, one after the other.', { parts: parts.length }),
    );
  if (files.length > 0)
    lines.push(
      say(
        '{files} is not drawn: prompts load no files here. Give the file to `acclaim generate --adapter FILE:WEIGHT`, or let an admin bring a model with it merged in.',
        { files: listed(files.slice(0, MOST_NAMED)) },
      ),
    );
  return lines;
}
