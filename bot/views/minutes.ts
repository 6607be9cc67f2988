/** What was left out of a round so that it keeps to its minutes, and how far it goes beyond them even so. */
import type { Learned, Planned, Round } from '../../src/domain/state/round.js';
import { counted, say, sentences, type Text } from '../../src/words/text.js';
import { duration } from './words.js';

/** Empty where all was drawn that was asked for. */
export function drawnInMinutes({ drawn }: Round): Text {
  const plan = drawn?.plan;
  if (!plan) return '';
  const { images, steps, wanted } = plan;
  const less = images < wanted.images || steps < wanted.steps;
  const words = say('{images} of {all} in {few} of {steps}, to keep to {most}.', {
    ...{ images, few: steps },
    ...{ all: counted(wanted.images, 'picture'), steps: counted(wanted.steps, 'step') },
    most: mostOf(plan),
  });
  return sentences(less ? words : '', beyond(plan));
}

/** Empty where all was learned that the learner wanted. */
export function learnedInMinutes({ steps, plan }: Learned): Text {
  if (!plan) return '';
  const { batch, wanted } = plan;
  const [rows, all] = [Math.min(steps, plan.steps) * batch, wanted.steps * wanted.batch];
  const less = plan.steps * batch < all;
  const words = say('{rows} of {all}, to keep to {most}.', {
    ...{ rows, all: counted(all, 'row') },
    most: mostOf(plan),
  });
  return sentences(less ? words : '', beyond(plan));
}

const mostOf = ({ minutes }: Pick<Planned<unknown>, 'minutes'>): Text => duration(minutes * 60);

function beyond({ minutes, seconds }: Pick<Planned<unknown>, 'minutes' | 'seconds'>): Text {
  const more = seconds - 60 * minutes;
  if (more < 1) return '';
  return say('Less would be of no use; it was expected to take {more} more.', { more: duration(more) });
}
