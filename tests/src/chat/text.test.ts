import { expect, test } from 'vitest';
import { progressBar } from '../../../src/chat/cards.js';
import { clip, plain } from '../../../src/chat/text.js';

test('clipping leaves no half escape and no half character', () => {
  expect(clip('abc', 3)).toBe('abc');
  expect(clip('ab\\@cd', 4)).toBe('ab…');
  expect(clip('a\u{1F600}b', 3)).toBe('a…');
  expect(clip('🌹🌹🌹', 4)).toBe('🌹…');
});

test('what cannot be seen goes; line feeds stay', () => {
  expect(plain('a\u200Bb\u202Ec\uFEFFd\u{E0041}e\u0007f\r\ng\uD83Dh')).toBe('abcdef\ngh');
});

test('progress is a bar and a figure', () => {
  expect(progressBar(0)).toBe('▱▱▱▱▱▱▱▱▱▱ 0 %');
  expect(progressBar(0.634)).toBe('▰▰▰▰▰▰▱▱▱▱ 63 %');
  expect(progressBar(1)).toBe('▰▰▰▰▰▰▰▰▰▰ 100 %');
});
