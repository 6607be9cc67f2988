/** What a session's model cannot make of its prompt, for whoever starts it and whoever votes on it. */
import type { PromptReading } from '../../src/domain/state/model.js';
import { quoted } from './words.js';

/** Words that are named, at most. */
const MOST = 8;

/** A line each; none where it reads all of it. */
export function readingLines(reading: PromptReading | undefined): string[] {
  if (!reading) return [];
  const { tokens, room, parts } = reading;
  const long =
    parts === undefined
      ? []
      : [
          `The prompt is longer than the model reads at once (${tokens} tokens, not ${room}): it is read in ${parts} parts, each by itself.`,
        ];
  return [...unknownLine(reading), ...long];
}

/** What voters are to know. */
export function unknownLine({ unknown }: PromptReading): string[] {
  if (unknown.length === 0) return [];
  const named = unknown.slice(0, MOST).map((word) => quoted(word));
  const more = unknown.length > MOST ? ` and ${unknown.length - MOST} more` : '';
  return [`The model was never taught ${named.join(', ')}${more}: do not expect that in its pictures.`];
}
