/**
 * What is said of a prompt before it is drawn, against the token counts of transformers and the miniature's
 * own words.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readingLines } from '../../bot/views/reading.js';
import { projectPath } from '../../src/files/paths.js';
import { countTokens, promptReading, readRanks } from '../../src/models/prompt-reading.js';
import { told } from '../../src/words/tell.js';

const MINI = projectPath('models/mini');

it('counts as many tokens as transformers makes, of 147 texts', () => {
  const clip = readRanks(projectPath('models/clip-tokenizer'));
  const cases: { text: string; ids: number[] }[] = JSON.parse(
    readFileSync(projectPath('tests/fixtures/tokenizer/cases.json'), 'utf8'),
  );
  const END = 49407;
  const wrong = cases.filter(({ text, ids }) => {
    // Its ids hold the end before the end.
    if (text.includes('<|endoftext|>')) return false;
    const count = ids.indexOf(END) - 1;
    const counted = countTokens(clip, text);
    // What did not fit was cut there.
    return count === 75 ? counted < 75 : counted !== count;
  });
  expect(cases.length).toBe(147);
  expect(wrong).toEqual([]);
});

describe('the miniature', () => {
  it('knows the words of its tasks and of the README, and names those that it does not', () => {
    for (const prompt of ['a black cat inside a cardboard box', 'an owl on a beach', 'a ghost at night'])
      expect(promptReading(MINI, prompt)).toBeNull();
    expect(promptReading(MINI, 'a Zebra beside a (skyscraper:1.2), zebra')).toEqual({
      unknown: ['Zebra', 'skyscraper'],
    });
    expect(told(readingLines({ unknown: ['Zebra', 'skyscraper'] }))).toEqual([
      'The model was never taught “Zebra”, “skyscraper”: do not expect that in its pictures.',
    ]);
  });

  it('says when a prompt is longer than it reads at once, and BREAK makes parts of it', () => {
    const long = Array.from({ length: 16 }, () => 'a cat').join(' ');
    expect(promptReading(MINI, long)).toEqual({ unknown: [], tokens: 32, room: 30, parts: 2 });
    expect(promptReading(MINI, `${'a cat '.repeat(14)} BREAK a cat a cat`)).toBeNull();
    expect(told(readingLines({ unknown: [], tokens: 32, room: 30, parts: 2 })[0])).toContain(
      '32 tokens, not 30',
    );
  });
});

it("reads a model in one file by CLIP's own words, of which none is unknown", () => {
  expect(promptReading('/nowhere/model.safetensors', 'a zyxwvut')).toBeNull();
  const long = Array.from({ length: 76 }, () => 'cat').join(' ');
  expect(promptReading('/nowhere/model.safetensors', long)).toMatchObject({ tokens: 76, room: 75, parts: 2 });
});
