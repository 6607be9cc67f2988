import { describe, expect, it } from 'vitest';
import { type CommandSpec, mayRun, parseCommand, usage } from '../../../src/chat/commands.js';
import { tell } from '../../../src/words/tell.js';

const specs: CommandSpec[] = [
  {
    path: ['session', 'start'],
    help: 'Open',
    role: 'member',
    args: [{ name: 'prompt', help: 'words', type: 'text', required: true, rest: true }],
    options: [
      { name: 'images', help: 'how many', type: 'integer' },
      { name: 'learner', help: 'which', type: { choice: ['acclaim', 'hero'] } },
    ],
  },
  { path: ['session', 'stop'], help: 'End', role: 'moderator', args: [], options: [] },
  {
    path: ['best'],
    help: 'Best',
    role: 'member',
    args: [{ name: 'cell', help: 'cell', type: 'cell', words: ['none'], required: true }],
    options: [],
  },
];
const parse = (text: string) => parseCommand(specs, text);

describe('parseCommand', () => {
  it.each([
    ['/acclaim session start a black cat', { prompt: 'a black cat' }],
    ['SESSION Start a Cat --images 6', { prompt: 'a Cat', images: 6 }],
    [
      'session start --learner=hero --images 6 "a cat"  in a box',
      { prompt: 'a cat in a box', learner: 'hero', images: 6 },
    ],
    ['/acclaim best b4', { cell: 'B4' }],
    ['/acclaim best #12', { cell: '#12' }],
    ['/acclaim best None', { cell: 'none' }],
  ])('reads %s', (text, values) => {
    expect(parse(text)).toMatchObject({ ok: true, values });
  });

  it.each([
    ['', '**/acclaim help**'],
    ['sesion start x', 'Did you mean **/acclaim session start**'],
    ['session', 'start, stop'],
    ['session start', 'It needs prompt: words'],
    ['session start x --imgs 3', 'There is no option --imgs'],
    ['session start x --images many', 'images is a whole number, not "many"'],
    ['session start x --images', '--images needs a value'],
    ['session start x --learner gpt', 'learner is one of acclaim, hero'],
    ['session stop now', 'I do not know what to do with "now"'],
    ['best 44', 'cell is a picture such as A3, or #3 in a gallery'],
    ['qwertyuiop', '**/acclaim help** lists what I do'],
  ])('answers %s kindly', (text, words) => {
    const parsed = parse(text);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && tell(parsed.answer)).toContain(words);
  });

  it('knows ranks and says how a command goes', () => {
    expect(mayRun('member', specs[1]!)).toBe(false);
    expect(mayRun('operator', specs[1]!)).toBe(true);
    expect(usage(specs[0]!)).toBe('/acclaim session start PROMPT... [--images N] [--learner acclaim|hero]');
  });
});
