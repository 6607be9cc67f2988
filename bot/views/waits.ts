/**
 * Why a job waits, in the reader's language. The queue says it in English, to the log too, and rows keep it
 * so: sentences that it has are told as texts of ours, any other as it stands.
 */
import { cause } from '../../src/errors.js';
import { english, say, type Text } from '../../src/words/text.js';

const known = new Map(
  [
    say('no engine is there'),
    say('no engine of this version is there, only older ones, which are to be updated'),
    say("no engine that is there has the bot's data folder"),
    say('no engine that is there has its model'),
    say('it takes more memory than any engine with its model has'),
    say('the queue (Redis) does not answer'),
    say('the queue (Redis) refuses what it is asked'),
    say('the bucket between bot and engines does not answer'),
  ].map((text) => [english(text), text]),
);

const short = /^it takes about (.+) of memory, and no engine with its model has more than (.+)$/;

/** Reads after "it waits: ". */
export function whyItWaits({ code, message }: { code: string; message: string }): Text {
  if (code === 'disk-full') return say('no space is left; whoever runs me must free some');
  if (code === 'files-exhausted') return say('too many files are open; whoever runs me must raise the limit');
  const [, need, most] = short.exec(message) ?? [];
  if (need !== undefined && most !== undefined)
    return say('it takes about {need} of memory, and no engine with its model has more than {most}', {
      need,
      most,
    });
  return known.get(message) ?? cause(message);
}
