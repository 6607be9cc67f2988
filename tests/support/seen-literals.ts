/**
 * What people would see that stands in a script of the page: text and labels in its markup, and strings that
 * read as words. By the syntax tree, so that comments, classes and names of keys are told apart.
 */
import { parseAst } from 'vitest/node';

interface Node {
  type: string;
  start: number;
  value?: unknown;
  quasis?: { value: { cooked: string } }[];
  expressions?: Node[];
  tag?: { name?: string };
  quasi?: Node;
  callee?: { property?: { name?: string } };
}

/** Attributes that are read out or shown. */
const shown = /(?:aria-label|aria-description|aria-roledescription|title|alt|placeholder|label)=$/;
const shownWhole = /\b(?:aria-label|aria-description|title|alt|placeholder|label)="([^"]*)"/g;
/** Attributes whose value is no words. */
const unseen = /[\s<](?!aria-label|aria-description|title|alt|placeholder|label)[\w-]+="?[^"<>]*$/;

const letters = /\p{L}/u;
/** Two words, a capital with small letters, or a letter that is not Latin. */
const reads = /[a-z']{2,}[,.?!]? [a-z']{2,}|^[A-Z][a-z]+|[.?!] [A-Z]|(?!\p{Script=Latin})\p{L}/u;

/** Names that the browser gives, and ours. */
const names = new Set([
  ...['ArrowDown', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'Enter', 'Escape', 'Tab', 'Home', 'End'],
  ...['Notification', 'Acclaim', 'Ctrl+Enter'],
]);
const command = /^(\/acclaim\b|session (start|branch|story)\b|( |\/)*$)/;

/** Between the tags of a template, values as blanks; a tag may go on over a value. */
function texts(quasis: readonly string[]): string[] {
  return quasis
    .join('\u0000')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<kbd>[^<]*<\/kbd>/g, '')
    .split(/<[^>]*>/)
    .flatMap((text) => text.split('\u0000'))
    .map((text) => text.trim())
    .filter((text) => letters.test(text) && !names.has(text));
}

/** @returns path, line and words of each. */
export function seenLiterals(path: string, source: string): string[] {
  const found: string[] = [];
  const tell = (node: Node, text: string) =>
    found.push(`${path}:${source.slice(0, node.start).split('\n').length}: ${text}`);

  const markup = (node: Node): void => {
    const quasis = (node.quasis ?? []).map((part) => part.value.cooked);
    for (const text of texts(quasis)) tell(node, text);
    for (const [, text] of quasis.join('\u0000').matchAll(shownWhole))
      if (letters.test(text!.replaceAll('\u0000', '')) && !names.has(text!)) tell(node, text!);
    (node.expressions ?? []).forEach((inner, i) => {
      const before = quasis.slice(0, i + 1).join('');
      if (shown.test(before)) visit(inner);
      else if (/=$/.test(before) && unseen.test(`${before}`)) visit(inner, true);
      else visit(inner);
    });
  };

  /** `quiet`: the value of an attribute that is no words; handlers in it say something all the same. */
  function visit(node: unknown, quiet = false): void {
    if (Array.isArray(node)) for (const one of node) visit(one, quiet);
    else if (typeof node === 'object' && node !== null) {
      const one = node as Node;
      if (one.type === 'ImportDeclaration' || isSelector(one)) return;
      if (one.type === 'TaggedTemplateExpression' && one.tag?.name === 'html') {
        markup(one.quasi!);
        return;
      }
      const still = quiet && !/Function/.test(one.type);
      const text = textOf(one);
      if (text !== undefined && !still && reads.test(text) && !names.has(text) && !command.test(text))
        tell(one, text);
      for (const inner of Object.values(one)) visit(inner, still);
    }
  }
  visit(parseAst(source, { lang: 'js' }));
  return found;
}

/** `el.closest('input, dialog')` and the like. */
const isSelector = ({ type, callee }: Node) =>
  type === 'CallExpression' && /^(closest|matches|querySelector(All)?)$/.test(callee?.property?.name ?? '');

function textOf({ type, value, quasis = [] }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value;
  return type === 'TemplateLiteral' ? quasis.map((part) => part.value.cooked).join('') : undefined;
}
