/**
 * A session that went on as two, in words: what each camp is told by. Of people there are counts only.
 */
import type { Session } from '../../src/domain/state/model.js';
import type { Camp } from '../../src/domain/state/split.js';
import { counted, say, sentences, type Text } from '../../src/words/text.js';

export const howToMove = say(
  '**/acclaim taste** tells you, and nobody else, which camp is yours and why; **/acclaim taste A** or **B** takes you there. Marks on pictures of the other camp are kept and do not count; whoever is of none counts in both.',
);

interface CampTold {
  camp: Camp;
  people: number;
  /** Of its channel. */
  address: Text;
  /** Names of pictures, or nothing. */
  likes: Text;
}

export function campLine({ camp, people, address, likes }: CampTold): Text {
  const who = say('**Camp {camp}**: {people}, in the channel **{address}**.', {
    ...{ camp, people: counted(people, 'person'), address },
  });
  return likes === '' ? who : sentences(who, say('It alone likes {likes}.', { likes }));
}

/** For the first words of a camp's session. */
export const campOfSession = ({ split }: Pick<Session, 'split'>): Text[] =>
  split?.camp ? [say('This is the session of camp **{camp}**.', { camp: split.camp }), howToMove] : [];
