/** What simulate says of a round that votes chose among more, and of one that shows all that was drawn. */
import { expect, it } from 'vitest';
import { successOf, successWords } from '../../bot/simulate/success.js';

const verdicts = [true, true, false, false, true].map((good, index) => ({ index, good, score: 0 }));
const picked = { begun: 8, finished: 6, shown: 5, cost: 1.4951 };

it('tells what nobody chose from what was chosen', () => {
  const picks = ['liked', 'liked', 'unpicked', 'unsure', 'unpicked'] as const;
  const images = picks.map((pick, index) => ({ index, pick }));
  const success = successOf(images, { picked }, verdicts);
  expect(success).toEqual({ success: 0.6, unpicked: 0.5, liked: 1, draws: 1.4951 });
  expect(successWords(success)).toBe('60 % good, 50 % of what nobody chose, 1.50 draws a picture');
});

it('says nothing of what there is none of', () => {
  const images = verdicts.map(({ index }) => ({ index, pick: 'liked' as const }));
  expect(successOf(images, { picked }, verdicts)).toEqual({ success: 0.6, liked: 0.6, draws: 1.4951 });
  expect(successOf(images, {}, verdicts)).toEqual({ success: 0.6 });
  expect(successWords({ success: 0.6 })).toBe('60 % good');
});
