/**
 * The marks of prompts: what AUTOMATIC1111's own parser says of its documented examples, and what people are
 * told.
 */
import { describe, expect, it } from 'vitest';
import { promptNotes, readPrompt, spoken } from '../../../src/chat/prompt-syntax.js';
import { told } from '../../../src/words/tell.js';

const flat = (prompt: string) =>
  readPrompt(prompt)
    .parts.flat()
    .map(({ text, weight }) => [text, weight]);
const close = (expected: [string, number][]) =>
  expected.map(([text, weight]) => [text, expect.closeTo(weight, 9)]);

describe('weights', () => {
  // The examples in the documentation of parse_prompt_attention (modules/prompt_parser.py), and their kin.
  it.each<[string, [string, number][]]>([
    ['normal text', [['normal text', 1]]],
    [
      'an (important) word',
      [
        ['an ', 1],
        ['important', 1.1],
        [' word', 1],
      ],
    ],
    ['(unbalanced', [['unbalanced', 1.1]]],
    ['\\(literal\\]', [['(literal]', 1]]],
    ['(unnecessary)(parens)', [['unnecessaryparens', 1.1]]],
    [
      'a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).',
      [
        ['a ', 1],
        ['house', 1.3 * 1.1 * 1.1],
        [' ', 1.1],
        ['on', 1],
        [' a ', 1.1],
        ['hill', 0.55],
        [', sun, ', 1.1],
        ['sky', 1.1 ** 4],
        ['.', 1.1],
      ],
    ],
    ['[[dim]]', [['dim', 1 / 1.21]]],
    ['(cat: 1.3 )', [['cat', 1.3]]],
    ['(away:-0.5)', [['away', -0.5]]],
    ['(much:1000)', [['much', 10]]],
    ['a smile :) and 3:4', [['a smile :) and 3:4', 1]]],
    ['back\\\\slash', [['back\\slash', 1]]],
    ['', [['', 1]]],
  ])('%s', (prompt, expected) => {
    expect(flat(prompt)).toEqual(close(expected));
  });

  it('ten thousand brackets are read', () => {
    expect(flat(`${'('.repeat(10_000)}cat`)).toEqual([['cat', 10]]);
  });
});

it('BREAK parts, as a word of its own and in capitals only', () => {
  const texts = (prompt: string) =>
    readPrompt(prompt).parts.map((part) => part.map(({ text }) => text).join(''));
  expect(texts('a cat BREAK a box')).toEqual(['a cat', 'a box']);
  expect(texts('a break, BREAKFAST')).toEqual(['a break, BREAKFAST']);
  expect(texts('BREAK')).toEqual(['', '']);
  expect(readPrompt('(cat BREAK box:1.3)').parts.flat()).toEqual([
    { text: 'cat', weight: 1.3 },
    { text: 'box', weight: 1.3 },
  ]);
});

it('tags of files are taken out and named', () => {
  const { parts, files } = readPrompt('a cat <lora:ink:0.8> in a box <lyco:b>');
  expect(parts).toEqual([[{ text: 'a cat  in a box ', weight: 1 }]]);
  expect(files).toEqual(['<lora:ink:0.8>', '<lyco:b>']);
  expect(readPrompt('a <cat-toy> here').parts[0]![0]!.text).toBe('a <cat-toy> here');
});

it('what is spoken has no marks', () => {
  expect(spoken('a b(la:1.3)[c]k BREAK c<lora:x:1>at \\(x\\)')).toBe('a black cat (x)');
});

describe('what was understood', () => {
  it('is said', () => {
    const notes = told(promptNotes('a (black:1.3) [cat] BREAK a box <lora:ink:0.8>'));
    expect(notes).toHaveLength(3);
    expect(notes[0]).toContain('"black" 1.3, "cat" 0.91');
    expect(notes[1]).toContain('2 parts');
    expect(notes[2]).toMatch(/<lora:ink:0\.8>.*--adapter/);
  });
  it('is nothing where there are no marks', () => {
    expect(promptNotes('a black cat: 3, in a box, \\(x\\)')).toEqual([]);
  });
});
