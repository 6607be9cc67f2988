import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SmallDisk, whyNoDisk } from '../../../../bench/lib/small-disk.mjs';
import { Messages } from '../../../../bot/platforms/web/messages.js';
import { Journal } from '../../../../src/files/journal.js';
import { card } from '../../../contracts/platform.js';
import { freshDir } from './support.js';

/** As whoever opens it next reads it. */
async function linesIn(file: string): Promise<unknown[]> {
  const { journal, lines } = await Journal.open(file, 'Move it away.');
  await journal.close();
  return lines;
}

describe('journal', () => {
  it('keeps what was appended, in order', async () => {
    const file = join(freshDir(), 'j');
    const { journal } = await Journal.open(file, 'Move it away.');
    await Promise.all([journal.append({ n: 1 }), journal.append({ n: 2 }, false), journal.append({ n: 3 })]);
    await journal.close();
    expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    expect(await linesIn(file)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('drops a torn last line, at every byte where it can be torn, and goes on', async () => {
    const whole = '{"n":1}\n';
    const next = '{"text":"größe"}\n';
    const bytes = Buffer.from(next);
    for (let cut = 0; cut < bytes.length; cut++) {
      const file = join(freshDir(), 'j');
      writeFileSync(file, whole);
      appendFileSync(file, bytes.subarray(0, cut));
      const { journal, lines } = await Journal.open(file, 'Move it away.');
      expect(lines).toEqual([{ n: 1 }]);
      await journal.append({ n: 2 });
      await journal.close();
      expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
    }
  });

  it.skipIf(whyNoDisk() !== null)(
    'takes off again what did not fit on a full disk, and goes on once there is space',
    async () => {
      const disk = SmallDisk.mount(1);
      try {
        const file = join(disk.dir, 'j');
        const { journal } = await Journal.open(file, 'Move it away.');
        await journal.append({ n: 1 });
        disk.fill();
        const long = 'x'.repeat(20_000);
        await expect(journal.append({ long })).rejects.toMatchObject({ code: 'disk-full' });
        await expect(journal.rewrite(() => [{ long }])).rejects.toMatchObject({ code: 'disk-full' });
        disk.free();
        await journal.append({ n: 2 });
        await journal.close();
        expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
        expect(readdirSync(disk.dir)).toEqual(['j']);
      } finally {
        disk.remove();
      }
    },
  );

  it('refuses a line that is broken in the middle, by its number', async () => {
    const file = join(freshDir(), 'j');
    writeFileSync(file, '{"n":1}\n{"n":\n{"n":3}\n');
    await expect(Journal.open(file, 'Move it away.')).rejects.toMatchObject({
      code: 'file-corrupt',
      message: expect.stringContaining('line 2'),
    });
  });

  it('rewrites between appends without losing one', async () => {
    const file = join(freshDir(), 'j');
    const { journal } = await Journal.open(file, 'Move it away.');
    // As its users do: what is appended is in the state that a rewriting takes its lines from.
    const state: number[] = [];
    const append = (n: number) => {
      state.push(n);
      return journal.append(n);
    };
    const rewrite = () => journal.rewrite(() => [...state]);
    await Promise.all([append(1), rewrite(), append(2)]);
    await Promise.all([rewrite(), append(3), rewrite(), append(4)]);
    await journal.close();
    expect(new Set(await linesIn(file))).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe('messages', () => {
  it('forget leaves no byte of a person in the file', async () => {
    const file = join(freshDir(), 'm');
    const messages = await Messages.open(file);
    const { message } = await messages.post('cat', card('a', 'ballot'), 1);
    await messages.consent('visitor-ann', true, 2);
    await messages.consent('visitor-bea', true, 2);
    await messages.mark(message.id, 'visitor-ann', '1', true);
    await messages.mark(message.id, 'visitor-bea', '1', true);
    await messages.consent('visitor-ann', false, 3);
    expect(readFileSync(file, 'utf8')).not.toContain('visitor-ann');
    await messages.close();
    const again = await Messages.open(file);
    expect(again.reactions(message.id)).toEqual(new Map([['1', ['visitor-bea']]]));
    expect([again.consented('visitor-ann'), again.consented('visitor-bea')]).toEqual([false, true]);
    await again.close();
  });

  it('shows a preview to those who watch, and keeps none', async () => {
    const file = join(freshDir(), 'm');
    const messages = await Messages.open(file);
    const { message } = await messages.post('cat', card('p', 'working', { kind: 'progress' }), 1);
    const preview = 'data:image/png;base64,iVBORw0KGgo=';
    await messages.edit(message.id, card('p', 'half done', { kind: 'progress', preview }), 2);
    expect(messages.get(message.id)?.card).toMatchObject({ title: 'half done', preview });
    await messages.close();
    expect(readFileSync(file, 'utf8')).toContain('half done');
    expect(readFileSync(file, 'utf8')).not.toContain('iVBORw0KGgo');
    // Nor does a file that is written anew while the picture stands on the page.
    const again = await Messages.open(file);
    await again.edit(message.id, card('p', 'half done', { kind: 'progress', preview }), 3);
    await again.consent('visitor-ann', false, 4);
    expect(readFileSync(file, 'utf8')).not.toContain('iVBORw0KGgo');
    await again.close();
  });

  it('stays small however often progress is repeated, and counts on', async () => {
    const file = join(freshDir(), 'm');
    const messages = await Messages.open(file);
    const { message } = await messages.post('cat', card('p', 'working', { kind: 'progress' }), 1);
    for (let i = 0; i < 9000; i++)
      await messages.edit(message.id, card('p', `step ${i}`, { kind: 'progress' }), i);
    const { seq } = messages;
    await messages.close();
    expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(5000);
    const again = await Messages.open(file);
    expect(again.get(message.id)?.card.title).toBe('step 8999');
    expect(again.seq).toBe(seq);
    expect(again.since(seq).messages).toEqual([]);
    expect(again.since(seq - 1).messages).toHaveLength(1);
    await again.close();
  });
});
