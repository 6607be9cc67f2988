/** The states of sessions, rounds and jobs in words, each row total by type. */
import type { Session } from '../../src/domain/state/model.js';
import type { Job, Round } from '../../src/domain/state/round.js';
import { say, type Text } from '../../src/words/text.js';

export const stateWords: Readonly<Record<Session['state'], Text>> = {
  active: say('active'),
  paused: say('paused'),
  ended: say('ended'),
};

/** Why a session rests. */
export const pauseWords: Readonly<Record<NonNullable<Session['pause']>, Text>> = {
  command: say('by a moderator'),
  empty: say('nobody voted'),
  'no-good': say('no good pictures'),
  failed: say('the round failed'),
  channel: say('the channel cannot be posted to'),
  guard: say('the pictures may not be shown'),
  budget: say('the images of today are used up'),
};

export const phaseWords: Readonly<Record<Round['state'], Text>> = {
  generating: say('being drawn'),
  review: say('waits for a moderator'),
  posting: say('being posted'),
  open: say('open'),
  closing: say('being counted'),
  learning: say('being learned from'),
  done: say('done'),
  failed: say('failed'),
  aborted: say('given up'),
  superseded: say('replaced'),
};

/** What a job does now; an engine newer than this one may have stages of its own. */
export function stageWords(kind: Job['kind'], stage: string | null): Text {
  const known = stages[stage ?? ''];
  return known ?? (kind === 'learn' ? say('learning') : say('drawing'));
}

const stages: Readonly<Record<string, Text>> = {
  load: say('loading the model'),
  sample: say('drawing'),
  decode: say('developing the pictures'),
  check: say('looking them over'),
  embed: say('looking at the votes'),
  train: say('learning'),
  write: say('saving'),
};
