/**
 * Open pages: how many one person, one address and all may hold, who gives way, and that all are sent the
 * same bytes.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import { addressOf } from '../../../../bot/platforms/web/guard.js';
import { type Bounds, type Holder, Streams } from '../../../../bot/platforms/web/streams.js';
import { card } from '../../../contracts/platform.js';
import { Visitor } from '../../../support/visitor.js';
import { until } from '../../../support/wait.js';
import { freshDir, startWeb } from './support.js';

const bounds: Bounds = { all: 4, person: 2, address: 3 };
const person = (visitor: string | undefined, fill: Partial<Holder> = {}): Holder => ({
  visitor,
  address: null,
  holder: false,
  language: 'en',
  known: false,
  ...fill,
});

describe('who may hold a line', () => {
  it('one person as many as tabs they need, without a cookie all of an address as one', () => {
    for (const one of [person('ann'), person(undefined, { address: '192.0.2.1' })]) {
      const streams = new Streams(bounds);
      streams.add({ ...one });
      streams.add({ ...one });
      expect(() => streams.add({ ...one })).toThrow(expect.objectContaining({ code: 'limited' }));
      expect(streams.add(person('bea'))).toEqual([]);
    }
  });

  it('one network its share', () => {
    const streams = new Streams(bounds);
    const from = (name: string) => person(name, { address: '192.0.2.1' });
    for (const name of ['ann', 'bea', 'cem']) streams.add(from(name));
    expect(() => streams.add(from('dan'))).toThrow(/your network.*/);
    streams.add(person('eve', { address: '192.0.2.2' }));
    expect(streams.size).toBe(4);
  });

  it('when all are taken a voter takes the place of the stranger who came first', () => {
    const streams = new Streams(bounds);
    const [first, ...others] = ['a', 'b', 'c'].map((name) => person(name));
    for (const one of [person('voter', { language: 'en', known: true }), first!, ...others]) streams.add(one);
    expect(streams.add(person('other voter', { language: 'en', known: true }))).toEqual([first]);
    expect(streams.size).toBe(4);
  });

  it('and whoever has none that of whoever has most, as long as somebody has more', () => {
    const streams = new Streams({ ...bounds, person: 3 });
    const most = [1, 2, 3].map(() => person('ann'));
    for (const one of [...most, person('bea')]) streams.add(one);
    expect(streams.add(person('cem'))).toEqual([most[0]]);
    expect(streams.add(person('dan'))).toEqual([most[1]]);
    expect(() => streams.add(person('eve')), 'each has one').toThrow('Too many people');
  });
});

it('tells networks apart, and no machine behind a proxy of this one', () => {
  expect(addressOf('203.0.113.9')).toBe('203.0.113.9');
  expect(addressOf('::ffff:203.0.113.9')).toBe('203.0.113.9');
  expect(addressOf('2001:db8:1:2:3:4:5:6')).toBe(addressOf('2001:db8:1:2::9'));
  expect(addressOf('2001:db8:1:3::9')).not.toBe(addressOf('2001:db8:1:2::9'));
  expect(addressOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined]) expect(addressOf(own)).toBeNull();
});

describe('the page', () => {
  let platform: WebPlatform;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await platform.stop();
  });

  /** A line that is opened; what it was sent so far. */
  function follow(visitor: Visitor): { socket: Socket; text: () => string } {
    const { host, port } = new URL(platform.url);
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    let text = '';
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\ncookie: ${visitor.cookie()}\r\n\r\n`);
    return { socket, text: () => text };
  }

  it('answers one line too many with 429 and when to ask again, and takes it once another is closed', async () => {
    platform = await startWeb(freshDir(), undefined, { streams: bounds });
    const ann = new Visitor(platform.url);
    await ann.arrive(false);
    const open = [follow(ann), follow(ann)];
    for (const { text } of open) await until(() => text().includes('event: history'));
    expect(open[0]!.text()).toMatch(/content-security-policy: .*nosniff/is);
    const refused = await ann.request('/api/events');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    expect(await refused.json()).toMatchObject({ error: { code: 'limited' } });
    open[0]!.socket.destroy();
    await once(open[0]!.socket, 'close');
    await until(async () => (await ann.frames((f) => f.length > 0).catch(() => [])).length > 0);
  });

  it('sends strangers the same bytes, a voter their own marks, and a change to each', async () => {
    platform = await startWeb(freshDir());
    const [ann, bea, cem] = [1, 2, 3].map(() => new Visitor(platform.url));
    const ref = await platform.post('cat', card('a', 'one', { kind: 'ballot', reactions: ['1'] }));
    for (const one of [ann, bea, cem]) await one!.arrive(one === ann);
    await ann!.json('/api/react', { message: ref.message, marks: [{ emoji: '1', present: true }] });
    const [own, first, second] = [ann, bea, cem].map((one) => follow(one!));
    const history = (line: { text: () => string }) => /event: history\ndata: .*\n/.exec(line.text())?.[0];
    await until(() => [own, first, second].every((line) => history(line!) !== undefined));
    expect(history(first!)).toBe(history(second!));
    expect(history(own!)).toContain('"mine":["1"]');
    expect(history(first!)).toContain('"mine":[]');
    await platform.edit(ref, card('a', 'changed', { kind: 'ballot', reactions: ['1'] }));
    await until(() => /event: message\ndata: .*changed.*"mine":\["1"\]/.test(own!.text()));
    await until(() => /event: message\ndata: .*changed.*"mine":\[\]/.test(first!.text()));
  });

  it('lets a line go that reads nothing, and goes on telling the others', async () => {
    platform = await startWeb(freshDir());
    const slow = follow(new Visitor(platform.url));
    await until(() => slow.text().includes('event: history'));
    slow.socket.pause();
    const other = follow(new Visitor(platform.url));
    await until(() => other.text().includes('event: history'));
    const ref = await platform.post('cat', card('a', 'one'));
    const closed = once(slow.socket, 'close');
    // Whatever the system buffers for it, a megabyte is kept and no more.
    const preview = 'x'.repeat(1_000_000);
    for (let i = 0; i < 30; i++) await platform.edit(ref, card('a', `${i}`, { kind: 'progress', preview }));
    slow.socket.resume();
    await closed;
    await platform.edit(ref, card('a', 'the last', { kind: 'progress' }));
    await until(() => other.text().includes('the last'));
    expect(slow.text()).not.toContain('the last');
  });
});
