/**
 * Where handlers of events and timers are set in a source, and promises that nobody waits for, over plain
 * text: enough to say which of them an error could leave. A handler is well when it is made by `safely`, or
 * does nothing that can fail.
 */

/** Functions that take a handler -> which argument it is. */
const setters: readonly { pattern: RegExp; handler: number }[] = [
  // Events have names; `.on` of other things takes something else first.
  {
    pattern: /\.(?:on|once|addListener|prependListener|addEventListener)\((?=\s*(?:'|"|`|[A-Z]\w*\.))/g,
    handler: 1,
  },
  { pattern: /\b(?:setTimeout|setInterval|setImmediate)\(/g, handler: 0 },
  { pattern: /\bqueueMicrotask\(/g, handler: 0 },
  { pattern: /\bcreateServer\(/g, handler: 0 },
];

/** What cannot throw: an empty function, a flag that is set, the end of a promise, an abort, an exit. */
const harmless = [
  /^\(\) => \{\}$/,
  /^\(\) => \{\s*\w+ = (true|false|null);\s*\}$/,
  /^(\(\) => )?(resolve|done|r)(\((\[\]|\w+|'[^']*')?\))?$/,
  /^\(\) => \w+\.abort\(\)$/,
  /^\(\) => process\.exit\(\d?\)$/,
];

/** "line: text" of each handler that something could leave. */
export function unsafeHandlers(source: string): string[] {
  const text = code(source);
  const found: { at: number; what: string }[] = [];
  for (const { pattern, handler } of setters)
    for (const match of text.matchAll(pattern)) {
      const given = argumentsAt(text, match.index + match[0].length)[handler]?.trim();
      if (given === undefined || given === '') continue;
      const made = given.startsWith('safely(') || new RegExp(`const ${given} = safely\\(`).test(text);
      if (!made && !harmless.some((one) => one.test(given)))
        found.push({ at: match.index, what: `${match[0]} ${given}` });
    }
  for (const match of text.matchAll(/(?:^|[{};>)\n])\s*void (?=[\w(])[^;]*;/g))
    if (!/\.catch\([^;]*;$/.test(match[0])) found.push({ at: match.index, what: match[0].trim() });
  return found
    .sort((a, b) => a.at - b.at)
    .map(
      ({ at, what }) => `${text.slice(0, at).split('\n').length}: ${what.replace(/\s+/g, ' ').slice(0, 90)}`,
    );
}

/** Comments away, lines kept. */
function code(source: string): string {
  const blank = (words: string) => words.replace(/[^\n]/g, ' ');
  return source.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(^|[\s;{}])\/\/[^\n]*/g, blank);
}

/**
 * The arguments of a call whose bracket has just been opened; empty where it is no call but the declaration
 * of a method.
 */
function argumentsAt(text: string, start: number): string[] {
  const found: string[] = [];
  let [depth, from, quote] = [0, start, ''];
  for (let at = start; at < text.length; at++) {
    const c = text[at]!;
    if (quote !== '') {
      if (c === '\\') at += 1;
      else if (c === quote) quote = '';
    } else if (`'"\``.includes(c)) quote = c;
    else if ('([{'.includes(c)) depth += 1;
    else if (depth > 0 && ')]}'.includes(c)) depth -= 1;
    else if (c === ')') return [...found, text.slice(from, at)];
    else if (c === ',' && depth === 0) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [];
}
