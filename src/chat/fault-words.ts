/**
 * What may be wrong with a picture, in words: of the menus of all platforms, and as one word of a command.
 * Total over the faults.
 */
import { type Fault, faults } from '../domain/state/faults.js';
import { say, type Text } from '../words/text.js';

/** What is wrong with a picture, in a menu's words. */
export const faultWords: Record<Fault, Text> = {
  thing: say('wrong thing'),
  few: say('too few'),
  many: say('too many'),
  colour: say('wrong colour'),
  ugly: say('ugly'),
  other: say('something else'),
};

const typed: Record<Fault, string> = {
  thing: 'wrong-thing',
  few: 'too-few',
  many: 'too-many',
  colour: 'wrong-colour',
  ugly: 'ugly',
  other: 'something-else',
};

/** The same as one word, as commands and menus hand it on: the same in every language. */
export const faultTyped = (fault: Fault): string => typed[fault];

/** Undefined for a word that is none. */
export const faultOf = (typed: string): Fault | undefined =>
  faults.find((fault) => faultTyped(fault) === typed);

/** What a menu offers, the last one to take back what was said. */
export const faultChoices: readonly { value: string; label: Text }[] = [
  ...faults.map((fault) => ({ value: faultTyped(fault), label: faultWords[fault] })),
  { value: 'nothing', label: say('nothing: take it back') },
];
