import { describe, expect, it } from 'vitest';
import { failureKind } from '../../bot/effects/failure-kinds.js';
import { type EffectWork, Outbox, type OutboxOptions } from '../../bot/effects/outbox.js';
import { systemClock } from '../../src/clock.js';
import type { Effect } from '../../src/domain/state/effects.js';
import { silentLog } from '../../src/log.js';

const effect = (key: string, ballot = key, notBefore = 0): Effect => ({
  kind: 'edit-ballot',
  key,
  session: 's',
  notBefore,
  ballot,
});

type More = Partial<EffectWork & Omit<OutboxOptions, 'work'>>;

function outbox(
  carry: (e: Effect, box: () => Outbox) => Promise<void>,
  { clock = systemClock, log = silentLog, retryMs = 1, mostMs, attempts, ...more }: More = {},
): Outbox {
  const work: EffectWork = {
    run: (e) => carry(e, () => box),
    failureKind: () => 'fault',
    giveUp: async (e) => box.done(e.key),
    orderingKey: () => 'one',
    spacing: () => 0,
    ...more,
  };
  const times = { retryMs, ...(mostMs && { mostMs }), ...(attempts && { attempts }) };
  const box: Outbox = new Outbox({ work, clock, log, ...times });
  return box;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function empty(box: Outbox): Promise<void> {
  while (box.size > 0) await pause(1);
}

describe('the outbox', () => {
  it('carries out the effects of an ordering key one at a time, in order', async () => {
    const order: string[] = [];
    let running = 0;
    const box = outbox(async (e, self) => {
      expect(++running).toBe(1);
      await pause(e.key === 'a' ? 8 : 1);
      order.push(e.key);
      running -= 1;
      self().done(e.key);
    });
    box.add([effect('a'), effect('b'), effect('c')]);
    await empty(box);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('holds what a session wants until it is released, and then keeps the order', async () => {
    const order: string[] = [];
    const box = outbox(async (e, self) => {
      order.push(e.key);
      self().done(e.key);
    });
    box.hold('s');
    box.add([effect('a'), effect('b'), effect('c'), { ...effect('other'), session: 't' }]);
    box.done('b');
    while (order.length < 1) await pause(1);
    await pause(5);
    expect(order).toEqual(['other']);
    box.release('s');
    await empty(box);
    expect(order).toEqual(['other', 'a', 'c']);
  });

  it('tries again after a fault, and gives up after so many', async () => {
    const tries: Record<string, number> = {};
    const given: string[] = [];
    const box = outbox(
      async (e, self) => {
        tries[e.key] = (tries[e.key] ?? 0) + 1;
        if (e.key === 'never' || tries[e.key]! < 3) throw new Error('not now');
        self().done(e.key);
      },
      {
        attempts: 4,
        giveUp: async (e) => {
          given.push(e.key);
          box.done(e.key);
        },
      },
    );
    box.add([effect('later'), effect('never')]);
    await empty(box);
    expect(tries).toEqual({ later: 3, never: 4 });
    expect(given).toEqual(['never']);
  });

  it('says when one of some is over, and when nothing is carried out any more', async () => {
    const box = outbox(async (e, self) => {
      if (e.key !== 'stays') self().done(e.key);
    });
    box.add([effect('a', 'a', Date.now() + 20), effect('stays', 'a', Date.now() + 60_000)]);
    expect(box.nextEnd(({ key }) => key === 'nobody')).toBeNull();
    await box.nextEnd(({ kind }) => kind === 'edit-ballot');
    expect([...box.kinds()]).toEqual([['edit-ballot', 1]]);
    const last = box.nextEnd(() => true);
    await box.stop();
    await last;
    expect(box.nextEnd(() => true)).toBeNull();
  });

  it('waits for an answer as long as it takes, and nothing of its ordering key goes before it', async () => {
    const order: string[] = [];
    let tries = 0;
    const box = outbox(
      async (e, self) => {
        if (e.key === 'away' && ++tries <= 20) throw new Error('503');
        order.push(e.key);
        self().done(e.key);
      },
      {
        failureKind: () => 'waits',
        attempts: 2,
        mostMs: 2,
        orderingKey: (e) => (e.key === 'beside' ? 'other' : 'one'),
        giveUp: async (e) => void order.push(`gave up ${e.key}`),
      },
    );
    box.add([effect('before'), effect('away'), effect('after'), effect('beside')]);
    await empty(box);
    expect([order, tries]).toEqual([['before', 'beside', 'away', 'after'], 21]);
  });

  it('tries what waits at once when it is woken, and frees what waits behind what is not wanted any more', async () => {
    const told: string[] = [];
    let answers = false;
    const box = outbox(
      async (e, self) => {
        if (!answers && e.key !== 'after') throw new Error('503');
        told.push(e.key);
        self().done(e.key);
      },
      {
        failureKind: () => 'waits',
        retryMs: 1e6,
        mostMs: 1e6,
        orderingKey: (e) => (e.key === 'far' ? 'far' : 'one'),
        waits: (e) => told.push(`${e.key} waits`),
        goesOn: (e) => told.push(`${e.key} waited`),
      },
    );
    box.add([effect('unwanted'), effect('after'), effect('far')]);
    while (told.length < 2) await pause(1);
    box.done('unwanted');
    while (box.size > 1) await pause(1);
    answers = true;
    box.wake((e) => e.key === 'far');
    await empty(box);
    expect(told).toEqual(['unwanted waits', 'far waits', 'unwanted waited', 'after', 'far', 'far waited']);
  });

  it('gives up at once what is refused for good', async () => {
    const tried: string[] = [];
    const box = outbox(
      async (e) => {
        tried.push(e.key);
        throw new Error('404');
      },
      { failureKind: () => 'final' },
    );
    box.add([effect('a'), effect('b')]);
    await empty(box);
    expect(tried).toEqual(['a', 'b']);
  });

  it('never gives up for want of space', async () => {
    let tries = 0;
    const given: string[] = [];
    const box = outbox(
      async (e, self) => {
        tries += 1;
        if (tries <= 6) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        self().done(e.key);
      },
      { failureKind, attempts: 2, giveUp: async (e) => void given.push(e.key) },
    );
    box.add([effect('a')]);
    await empty(box);
    expect([tries, given]).toEqual([7, []]);
  });

  it('makes one more run, with the newest content, of a key that is asked for again and again', async () => {
    const seen: string[] = [];
    const box = outbox(async (e, self) => {
      seen.push((e as { ballot: string }).ballot);
      await pause(10);
      if (!self().superseded(e.key)) self().done(e.key);
    });
    box.add([effect('k', '1')]);
    await pause(3);
    for (const content of ['2', '3', '4']) box.add([effect('k', content)]);
    await empty(box);
    expect(seen).toEqual(['1', '4']);
  });

  it('still makes that run where the end of the one before was reported after it was asked for', async () => {
    const seen: string[] = [];
    const box = outbox(async (e, self) => {
      seen.push((e as { ballot: string }).ballot);
      await pause(5);
      self().done(e.key);
    });
    box.add([effect('k', '1')]);
    await pause(2);
    box.add([effect('k', '2')]);
    await empty(box);
    expect(seen).toEqual(['1', '2']);
  });

  it('keeps the distance between two edits of one key', async () => {
    const at: number[] = [];
    const box = outbox(
      async (e, self) => {
        at.push(performance.now());
        self().done(e.key);
      },
      { spacing: () => 40 },
    );
    box.add([effect('k')]);
    await empty(box);
    box.add([effect('k')]);
    await empty(box);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(35);
  });

  it('waits for the time of an effect', async () => {
    const began = Date.now();
    let ran = 0;
    const box = outbox(async (e, self) => {
      ran = Date.now();
      self().done(e.key);
    });
    box.add([effect('k', 'k', began + 30)]);
    await empty(box);
    expect(ran - began).toBeGreaterThanOrEqual(29);
  });
});
