/**
 * What the program says names only what is there: every command in a text is one of the platform on which it
 * is read. The words are read from the sources, so that none is left out; Discord's commands from what is
 * registered there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { ApplicationCommandOptionType as Kind } from 'discord.js';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../bot/commands/command.js';
import { chatCommands, commandSpecs } from '../../bot/commands/table.js';
import { chosenName, commandBodies } from '../../bot/platforms/discord/commands.js';
import { Writer } from '../../bot/platforms/discord/written.js';
import { commandNamed, parseCommand, usage } from '../../src/chat/commands.js';
import { learnerNames } from '../../src/config/learners.js';
import { cause, inSentences } from '../../src/errors.js';
import { projectPath } from '../../src/files/paths.js';
import { told } from '../../src/words/tell.js';
import { answer } from '../support/chat.js';
import { readSources } from '../support/imports.js';
import { blank, literals, literalsOf } from '../support/literals.js';

const all = literals(['src', 'bot', 'engine']);
/** What people read in a chat; the command line has commands of its own. */
const said = all.filter(({ at }) => !/^(src|bot|engine)\/cli\//.test(at));

const bold = /\*\*([^*\n]+)\*\*/g;
const isPage = (at: string) => at.startsWith('bot/platforms/web/page/');

/** In bold; on the page also in code, and whole where it is put into the line for commands. */
function named({ at, text }: { at: string; text: string }): string[] {
  const spans = [...text.matchAll(bold), ...text.matchAll(/<code>([^<]+)<\/code>/g)].map(
    (found) => found[1]!,
  );
  if (isPage(at) && text.startsWith('/acclaim ')) spans.push(text.trim());
  return spans.filter((span) => /^\/acclaim\b/.test(span));
}

/** As somebody would type it: words for what is filled in, and for arguments in capitals. */
const examples: Record<string, string> = { PROMPT: 'a cat', ROUND: '3', REASON: 'no', VOTER: 'v12345678' };

function typed(command: string): string {
  const word = (name: string) => examples[name] ?? name;
  return command.replace(/\b[A-Z]{4,}\b/g, word).replaceAll(blank, 'A3');
}

/** Attributes of the page's elements. */
const markup = /<[◊a-z]/;

/** What is said only of two or more, or of a bound of the program that is. */
const several = [
  'files: ◊',
  '◊ proposals of yours wait',
  '◊ proposals wait here',
  'within ◊ minutes',
  'votes are not whole rounds',
  'There are ◊ sheets',
  'Your ◊ marks wait',
  'linked accounts count as one',
  'channels here are called',
  'more than ◊ files',
  // `rgb` or `rgba`; a file that is no round; a schedule of a thousand steps.
  ' channels',
  'but the round has ◊ images',
  'steps of ◊ timesteps',
  // A name of an outbox's lane, and of a cached graph.
  '◊ files',
  '|◊ rows|',
];

/**
 * Parts of the program that put a command's words together by themselves, and one whose blank is a number.
 */
const madeUp = new Set([
  '/acclaim',
  `/acclaim ${blank}`,
  '/acclaim session start',
  `/acclaim undo ${blank}`,
  `/acclaim settings ${blank} ${blank}`,
]);

describe('the words of the program', () => {
  it('name commands with all that they need, as the page and Slack take them', () => {
    const wrong = said.flatMap((literal) =>
      named(literal)
        .filter((command) => !madeUp.has(command) && !parseCommand(commandSpecs, typed(command)).ok)
        .map((command) => `${literal.at}: ${command}`),
    );
    expect(wrong).toEqual([]);
    // So that an empty list means something.
    expect(said.flatMap(named).length).toBeGreaterThan(50);
  });

  it('name them whole: no command goes by its last words alone, and none stands where no platform can write it', () => {
    const ways = new Set(commandSpecs.flatMap(({ path }) => path.map((_, i) => path.slice(i).join(' '))));
    const bare = (span: string) => {
      const words = span.split(' ');
      return words.some((_, i) => ways.has(words.slice(0, i + 1).join(' ')));
    };
    const wrong = said.flatMap(({ at, text }) => [
      ...[...text.matchAll(bold)].filter(([, span]) => bare(span!)).map(([span]) => `${at}: ${span}`),
      ...(/\s/.test(text) && /(?<!\*\*)\/acclaim /.test(text) && !isPage(at) ? [`${at}: ${text}`] : []),
      // `settings shows it.`: a hint that begins with a command's words.
      ...(/^[a-z]+( [a-z]+)? (goes|lists|shows|ends|draws|opens|tells) /.test(text) && bare(text)
        ? [`${at}: ${text}`]
        : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it('and of the documentation, which names those of Discord too', () => {
    const pages = ['README.md', ...readdirSync(projectPath('docs')).map((name) => `docs/${name}`)];
    const wrong = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [...readFileSync(projectPath(page), 'utf8').matchAll(/`(\/acclaim[a-z-]*) ([a-z][^`]*)`/g)]
          .filter(([, top, words]) => {
            const spec = commandNamed(commandSpecs, words!.split(/\s+/))?.spec;
            return !spec || (top !== '/acclaim' && !chosenName(spec).startsWith(`${top} `));
          })
          .map(([command]) => `${page}: ${command}`),
      );
    expect(wrong).toEqual([]);
  });

  it('count one as one: no number stands right before a plural of its own', () => {
    const plural =
      /◊(?:\*\*)? (?:linked )?(?:accounts|ballots|channels|days|engines|files|folders|images|jobs|marks|minutes|models|noises|people|pictures|points|proposals|rounds|rows|servers|sessions|sheets|steps|voters|votes)\b/g;
    const wrong = all.flatMap(({ at, text }) =>
      markup.test(text) || several.some((one) => text.includes(one))
        ? []
        : [...text.matchAll(plural)].map(([found]) => `${at}: ${found}`),
    );
    expect(wrong).toEqual([]);
  });

  it('put cause and hint together in one place, so that each is a sentence', () => {
    const byHand = /\$\{[\w.]*(message|cause)\}[.:;]? \$\{[\w.]*hint\}/;
    const files = [...readSources(['src', 'bot', 'engine'])].filter(([, source]) => byHand.test(source));
    expect(files.map(([path]) => path)).toEqual([]);
    const hint = 'Choose 2 to 256.';
    for (const message of ['there is no room', 'there is no room.', ' there is no room. '])
      expect(inSentences({ message, hint })).toBe('there is no room. Choose 2 to 256.');
    expect(inSentences({ message: 'Is it?', hint: '' })).toBe('Is it?');
    expect(cause('It is full.')).toBe('It is full');
  });

  it('are found by what reads them', () => {
    const source = `const a: string = \`x **/acclaim \${b as string}** y\`; /* 'no' */ const c = ['d'];`;
    expect(literalsOf('a.ts', source).map(({ text }) => text)).toEqual([`x **/acclaim ${blank}** y`, 'd']);
  });
});

interface Node {
  name: string;
  type: number;
  options?: Node[];
}

/** What Discord was told of: `/acclaim-mod session resume` -> names of its arguments. */
const registered = new Map<string, string[]>();
for (const body of commandBodies(commandSpecs) as unknown as Node[])
  collect(`/${body.name}`, body.options ?? []);

function collect(path: string, nodes: readonly Node[]): void {
  for (const { name, type, options = [] } of nodes) {
    if (type === Kind.SubcommandGroup) collect(`${path} ${name}`, options);
    else
      registered.set(
        `${path} ${name}`,
        options.map((one) => one.name),
      );
  }
}

describe('on Discord', () => {
  const writer = new Writer(commandSpecs);

  /** Commands in a text that are not registered, or not with these arguments. */
  function unknown(text: string): string[] {
    return [...text.matchAll(/\/acclaim[a-z-]*( [^*\n]*)?/g)]
      .map(([command]) => command)
      .filter((command) => {
        const [, path, rest] = /^(\/\S+(?: [a-z-]+(?![a-z-]*:))*)(.*)$/.exec(command)!;
        const args = registered.get(path!);
        const given = [...rest!.matchAll(/ \[?([a-z-]+):/g)].map((found) => found[1]!);
        return !args || given.some((name) => !args.includes(name)) || (rest !== '' && given.length === 0);
      });
  }

  it('all of them are commands that are registered there, with arguments by their names', () => {
    const texts = said.filter(({ at }) => !/^bot\/platforms\/(web|slack)\//.test(at));
    const wrong = texts.flatMap((literal) =>
      named(literal)
        .filter((command) => !madeUp.has(command))
        .flatMap((command) => unknown(writer.text(`**${command}**`)).map((one) => `${literal.at}: ${one}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('the help is of commands as they are chosen there', async () => {
    const help = chatCommands.find(({ spec }) => spec.path[0] === 'help')!;
    const account = { platform: 'discord', id: '1', displayName: 'x', role: 'operator' } as const;
    const ask = async (command?: string) => {
      const context = { specs: commandSpecs, account, values: { command } } as unknown as CommandContext;
      const { title, text } = told(await help.run(context));
      return writer.card(answer(text, { title }));
    };
    const all = await ask();
    expect(unknown(all.text)).toEqual([]);
    expect(all.text.match(/\/acclaim/g)).toHaveLength(commandSpecs.length);
    for (const { path } of commandSpecs) {
      const { title, text } = await ask(path.join(' '));
      expect([unknown(title), unknown(text)]).toEqual([[], []]);
    }
    // Asked for by its name there.
    expect((await ask('/acclaim-mod session rollback')).title).toBe(
      '/acclaim-mod session rollback round:ROUND',
    );
  });

  it.each([
    ['/acclaim hide A3 --round 2', '/acclaim-mod hide cell:A3 round:2'],
    ['/acclaim me', '/acclaim me votes'],
    ['/acclaim session branch 3 a red rose', '/acclaim-mod session branch round:3 prompt:a red rose'],
    ['/acclaim model pull a/b@c', '/acclaim-admin model pull model:a/b@c'],
    ['/acclaim no such thing', '/acclaim no such thing'],
  ])('%s is %s', (typed, chosen) => {
    expect(writer.text(`See **${typed}**.`)).toBe(`See **${chosen}**.`);
    // What people wrote stays as it is.
    expect(writer.text(`“${typed}”`)).toBe(`“${typed}”`);
    expect(writer.card({ ...answer('x'), kind: 'story', title: typed }).title).toBe(typed);
  });

  it('a usage keeps what may be left out in brackets', () => {
    const start = commandSpecs.find(({ path }) => path.join(' ') === 'session start')!;
    expect(writer.text(`**${usage(start)}**`)).toBe(
      '**/acclaim session start prompt:PROMPT [learner:' +
        `${learnerNames.join('|')}] [model:TEXT] [images:N] ` +
        '[ballots:sheet|buttons|gallery|duel] [rounds:N] [criterion:TEXT] [negative:TEXT]**',
    );
  });
});
