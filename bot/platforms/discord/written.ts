/**
 * Texts name commands in bold, as they are typed on the page and on Slack: `/acclaim hide A3`. Here commands
 * are chosen, under names that go by who may use them, and take arguments by name: `/acclaim-mod hide
 * cell:A3`.
 */
import { type ArgSpec, type CommandSpec, commandNamed } from '../../../src/chat/commands.js';
import type { ToldCard } from '../../../src/chat/port.js';
import { chosenName } from './commands.js';

/** Within bold; a title that is a command is one whole. */
const inText = /(?<=\*\*)\/acclaim [^*\n]+(?=\*\*)/g;
const wholeTitle = /^\/acclaim [^*\n]+$/;

/** Commands in texts, as they are called on Discord. */
export class Writer {
  constructor(private readonly specs: readonly CommandSpec[]) {}

  card(card: ToldCard): ToldCard {
    // Other titles may hold what people wrote.
    const title = card.kind === 'reply' ? card.title.replace(wholeTitle, this.command) : card.title;
    return { ...card, title, text: this.text(card.text) };
  }

  text(text: string): string {
    return text.replace(inText, this.command);
  }

  private readonly command = (typed: string): string => {
    const found = commandNamed(this.specs, typed.split(' ').slice(1));
    if (!found) return typed;
    return [chosenName(found.spec), ...given(found.spec, found.rest.join(' '))].join(' ');
  };
}

/** `[--name VALUE]`, `--name VALUE`, `[VALUE]`, or a word. */
const parts = /\[--([a-z-]+) ([^\]]+)\]|--([a-z-]+)[ =](\S+)|\[([^\]]+)\]|(\S+)/g;

/** Arguments in their order, options by their names: what is in brackets may be left out. */
function given({ args }: CommandSpec, typed: string): string[] {
  const all: string[] = [];
  let next = 0;
  for (const [, maybeName, maybeValue, name, value, maybeArg, word] of typed.matchAll(parts)) {
    if (maybeName) all.push(`[${maybeName}:${maybeValue}]`);
    else if (name) all.push(`${name}:${value}`);
    else {
      const arg: ArgSpec | undefined = args[Math.min(next, args.length - 1)];
      const text = (maybeArg ?? word)!.replace(/\.\.\.$/, '');
      if (!arg || next >= args.length) all[all.length - 1] += ` ${text}`;
      else all.push(maybeArg ? `[${arg.name}:${text}]` : `${arg.name}:${text}`);
      next++;
    }
  }
  return all;
}
