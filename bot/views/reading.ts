/** What a session's model cannot make of its prompt, for whoever starts it and whoever votes on it. */
import type { PromptReading } from '../../src/domain/state/model.js';
import { listed, say, type Text } from '../../src/words/text.js';
import { quoted } from './words.js';

/** Words that are named, at most. */
const MOST = 8;

/** A line each; none where it reads all of it. */
export function readingLines(reading: PromptReading | undefined): Text[] {
  if (!reading) return [];
  const { tokens = 0, room = 0, parts } = reading;
  const long =
    parts === undefined
      ? []
      : [
          say(
            'The prompt is longer than the model reads at once ({tokens} tokens, not {room}): it is read in {parts} parts, each by itself.',
            { tokens, room, parts },
          ),
        ];
  return [...unknownLine(reading), ...long];
}

/** What voters are to know. */
export function unknownLine({ unknown }: PromptReading): Text[] {
  if (unknown.length === 0) return [];
  const named = listed(unknown.slice(0, MOST).map((word) => quoted(word)));
  const more = unknown.length - MOST;
  const words = more > 0 ? say('{named} and {more} more', { named, more }) : named;
  return [say('The model was never taught {words}: do not expect that in its pictures.', { words })];
}
