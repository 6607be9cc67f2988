/**
 * Nothing leaves a handler: an error that does would end the process and everything in it. `safely` holds
 * what its function throws, now or later; and every handler of an event or a timer in the product is made by
 * it, or cannot fail.
 */
import { EventEmitter } from 'node:events';
import { describe, expect, it, test } from 'vitest';
import { safely } from '../src/machine/safely.js';
import { unsafeHandlers } from './support/handlers.js';
import { readSources } from './support/imports.js';

/** File -> handlers that may be as they are, and why. */
const allowed: Readonly<Record<string, readonly { what: string; why: string }[]>> = {
  'src/chat/pace.ts': [{ what: 'void next.then(', why: 'it takes something out of a map' }],
  'src/chat/turns.ts': [{ what: 'void quiet.then(', why: 'it takes something out of a map' }],
  'src/cli/leave.ts': [
    { what: 'setTimeout( end', why: 'it ends the process: that is what it is for' },
    { what: '.addEventListener( begin', why: 'it sets that timer' },
  ],
  'src/cli/checks/place.ts': [
    { what: '.once( (error', why: 'it ends a promise, once, in a process that only checks' },
  ],
  'engine/pull/web.ts': [
    { what: '.once( (answer) => resolve(', why: 'it settles a promise' },
    { what: '.on( reject', why: 'it settles a promise' },
  ],
  'engine/process.ts': [{ what: '.on( end', why: 'it ends the process: that is what it is for' }],
};

describe('safely', () => {
  const handler = (act: (n: number) => unknown) => {
    const told: unknown[] = [];
    const emitter = new EventEmitter();
    emitter.on(
      'it',
      safely(act, (error) => told.push(error)),
    );
    return { told, emit: (n: number) => emitter.emit('it', n) };
  };

  it('hands the arguments on, and tells nothing of what goes well', async () => {
    const seen: number[] = [];
    const { told, emit } = handler(async (n) => seen.push(n));
    emit(3);
    await Promise.resolve();
    expect([seen, told]).toEqual([[3], []]);
  });

  it('holds what is thrown, and what is rejected later', async () => {
    const thrown = handler((n) => {
      throw new Error(`thrown ${n}`);
    });
    expect(thrown.emit(1)).toBe(true);
    expect(thrown.told).toEqual([new Error('thrown 1')]);
    const rejected = handler(async (n) => {
      await Promise.resolve();
      throw new Error(`rejected ${n}`);
    });
    expect(rejected.emit(2)).toBe(true);
    await expect.poll(() => rejected.told).toEqual([new Error('rejected 2')]);
  });

  it('holds what whoever is told throws, too', () => {
    const act = safely(
      () => {
        throw new Error('one');
      },
      () => {
        throw new Error('two');
      },
    );
    expect(act).not.toThrow();
  });
});

test('every handler of the product is made by it, or cannot fail', () => {
  const found: string[] = [];
  for (const [path, source] of readSources(['src', 'bot', 'engine'])) {
    if (!path.endsWith('.ts')) continue;
    const rows = allowed[path] ?? [];
    for (const one of unsafeHandlers(source))
      if (!rows.some(({ what }) => one.includes(what))) found.push(`${path}:${one}`);
  }
  expect(found).toEqual([]);
});

test.each([
  ['an event', "child.on('message', (raw) => take(raw));"],
  ['an event by a constant', 'client.once(Events.Raw, receive);'],
  ['an event over several lines', "this.redis.on(\n  'ready',\n  () => {\n    this.look();\n  },\n);"],
  ['a timer', 'this.timer = setInterval(() => this.look(), 1000);'],
  ['a timer by name', 'setTimeout(act, wait);'],
  ['a server', 'createServer((request, response) => answer(response));'],
  ['a promise that nobody waits for', 'if (later) void this.drain();'],
  ['a name that is something else', "const act = () => take();\nchild.on('exit', act);"],
])('%s is found', (_, source) => {
  expect(unsafeHandlers(source)).toHaveLength(1);
});

test.each([
  "child.on('message', safely((raw) => take(raw), fault));",
  "const take = safely(receive, fault);\nchild.on('message', take);",
  "process.on('SIGINT', () => {});",
  'await new Promise((resolve) => setTimeout(resolve, 20));',
  "// child.on('message', take)",
  'const messages = this.on(channel, on);',
  'void this.drain().catch(fault);',
  'type Act = (done: boolean) => void;',
])('%s is well', (source) => {
  expect(unsafeHandlers(source)).toEqual([]);
});
