import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import type { WebOptions } from '../../../../bot/platforms/web/options.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import { AcclaimError } from '../../../../src/errors.js';
import { decodePicture, encodePng } from '../../../../src/images/png.js';
import { ballot, card } from '../../../contracts/platform.js';
import { Visitor } from '../../../support/visitor.js';
import { freshDir, startWeb } from './support.js';

let open: WebPlatform[] = [];
afterEach(async () => {
  for (const platform of open) await platform.stop();
  open = [];
});

async function start(
  sink: (event: ChatEvent) => Promise<void> = async () => {},
  options: Partial<WebOptions> = {},
  dir = freshDir(),
): Promise<{ platform: WebPlatform; ann: Visitor; dir: string }> {
  const platform = await startWeb(dir, sink, options);
  open.push(platform);
  return { platform, ann: new Visitor(platform.url), dir };
}

async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}

/** fetch sets Host itself; a bare request does not. */
function bare(url: string, path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

describe('guards', () => {
  it('answers to its own name only', async () => {
    const { platform } = await start();
    expect(await bare(platform.url, '/', { host: new URL(platform.url).host })).toBe(200);
    expect(await bare(platform.url, '/', { host: 'evil.example' })).toBe(421);
    expect(await bare(platform.url, '/api/status', { host: 'evil.example:80' })).toBe(421);
  });

  it('answers to the names of its proxy, and then only with an access token', async () => {
    const hostNames = ['taste.example.org'];
    await expect(start(undefined, { hostNames })).rejects.toMatchObject({ code: 'config-invalid' });
    const { platform } = await start(undefined, { hostNames, accessToken: 'a-long-enough-token' });
    expect(await bare(platform.url, '/', { host: 'Taste.example.org' })).toBe(200);
    expect(await bare(platform.url, '/', { host: 'evil.example' })).toBe(421);
  });

  it('takes no change from another site', async () => {
    const events: ChatEvent[] = [];
    const { ann } = await start(async (e) => void events.push(e));
    await ann.arrive(false);
    const body = { channel: 'cat', text: '/acclaim help' };
    const foreign = await ann.request('/api/command', body, { origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    const form = await ann.request('/api/command', 'channel=cat', { 'content-type': 'text/plain' });
    expect(form.status).toBe(403);
    expect(events).toEqual([]);
  });

  it('sends a policy that allows our scripts and nothing from elsewhere', async () => {
    const { ann } = await start();
    const response = await ann.request('/');
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/https?:\/\//);
  });

  it('is not to be bound wider without a token', async () => {
    await expect(startWeb(freshDir(), async () => {}, { host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'config-invalid',
      hint: expect.stringContaining('ACCLAIM_ACCESS_TOKEN'),
    });
  });

  it('says port-taken, and how to go on', async () => {
    const { platform } = await start();
    const port = Number(new URL(platform.url).port);
    await expect(startWeb(freshDir(), async () => {}, { port })).rejects.toMatchObject({
      code: 'port-taken',
      hint: expect.stringContaining(`--port ${port + 1}`),
    });
  });
});

describe('people', () => {
  it('knows a browser by a signed cookie and no other', async () => {
    const { ann, platform } = await start();
    const me = await ann.arrive(false);
    expect(await ann.json('/api/me')).toEqual(me);
    const forger = new Visitor(platform.url);
    const [name] = ann.cookieNames();
    const [id] = ann.cookie().split('=')[1]!.split('.');
    forger.setCookie(name!, `${id}.${'A'.repeat(43)}`);
    const refused = await forger.request('/api/command', { channel: 'cat', text: '/acclaim help' });
    expect(refused.status).toBe(403);
    expect(
      (await new Visitor(platform.url).request('/api/command', { channel: 'cat', text: 'x' })).status,
    ).toBe(403);
  });

  it('is the operator on loopback; with a token its holders are admins and the others members', async () => {
    const plain = await start();
    expect((await plain.ann.arrive()).role).toBe('operator');
    const roles: string[] = [];
    const accessToken = 'sesame-open-the-door';
    const guarded = await start(async (e) => void ('account' in e && roles.push(e.account.role)), {
      accessToken,
    });
    expect((await guarded.ann.arrive()).role).toBe('member');
    expect((await guarded.ann.request('/api/sessions/x/adapter')).status).toBe(403);
    expect((await guarded.ann.request('/api/login', { token: 'wrong' })).status).toBe(403);
    expect((await guarded.ann.request('/api/login', { token: accessToken })).status).toBe(200);
    expect((await guarded.ann.json('/api/me')).role).toBe('admin');
    await guarded.ann.request('/api/command', { channel: 'cat', text: '/acclaim help' });
    // Who agreed as a member, and is an admin now, counts as one.
    expect(roles).toEqual(['member', 'admin', 'admin']);
  });

  it('keeps nothing and tells nothing before consent', async () => {
    const events: ChatEvent[] = [];
    const { ann, platform } = await start(async (e) => void events.push(e));
    const ref = await platform.post('cat', ballot('a', 'ballot'));
    await ann.arrive(false);
    const marks = [{ emoji: '1', present: true }];
    expect((await ann.request('/api/react', { message: ref.message, marks })).status).toBe(403);
    expect(events).toEqual([]);
    expect(await platform.fetchReactions(ref)).toEqual(new Map());
    await ann.request('/api/consent', { channel: 'cat', given: true });
    expect((await ann.json('/api/react', { message: ref.message, marks })).mine).toEqual(['1']);
    expect(events.map((e) => e.kind)).toEqual(['consent', 'reaction']);
  });
});

describe('marks', () => {
  it('keeps no mark that the sink refused, and says why', async () => {
    const { ann, platform } = await start(async (event) => {
      if (event.kind === 'reaction')
        throw new AcclaimError('round-closed', 'This round is over.', 'Wait for the next.');
    });
    const ref = await platform.post('cat', ballot('a', 'ballot'));
    await ann.arrive();
    const response = await ann.request('/api/react', {
      message: ref.message,
      marks: [{ emoji: '1', present: true }],
    });
    expect(response.status).toBe(409);
    expect((await errorOf(response)).message).toBe('This round is over.');
    expect(await platform.fetchReactions(ref)).toEqual(new Map());
  });

  it('says of a body that came while the round closed what of it was taken', async () => {
    const { ann, platform } = await start(async (event) => {
      if (event.kind === 'reaction' && event.emoji === '2')
        throw new AcclaimError('round-closed', 'This round is over.', 'Wait for the next.');
    });
    const { message } = await platform.post('cat', ballot('a', 'ballot'));
    await ann.arrive();
    const marks = ['1', '2', 'none'].map((emoji) => ({ emoji, present: true }));
    const response = await ann.request('/api/react', { message, marks });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      error: { code: 'round-closed', message: 'This round is over.', hint: 'Wait for the next.' },
      mine: ['1'],
    });
  });

  it('moves a star: the earlier one of the round is taken back on its own sheet', async () => {
    const told: string[] = [];
    const { ann, platform } = await start(async (e) => {
      if (e.kind === 'reaction') told.push(`${e.ref.message} ${e.emoji} ${e.present}`);
    });
    const sheet = (key: string, round: number) => ({
      ...ballot(key, key),
      data: { open: true, session: 's', round },
    });
    const a = await platform.post('cat', sheet('a', 1));
    const b = await platform.post('cat', sheet('b', 1));
    const other = await platform.post('cat', sheet('c', 2));
    await ann.arrive();
    const star = (message: string, emoji: string) =>
      ann.json('/api/react', { message, marks: [{ emoji, present: true }] });
    await star(other.message, 'star-1');
    await star(a.message, 'star-1');
    expect((await star(b.message, 'star-2')).mine).toEqual(['star-2']);
    expect(told).toEqual([
      `${other.message} star-1 true`,
      `${a.message} star-1 true`,
      `${a.message} star-1 false`,
      `${b.message} star-2 true`,
    ]);
  });

  it.each(['10', '3', 'star-9', 'like', 'flag-1', '__proto__', ''])(
    'knows no mark "%s" on a ballot of two',
    async (emoji) => {
      const events: ChatEvent[] = [];
      const { ann, platform } = await start(async (e) => void events.push(e));
      const ref = await platform.post('cat', ballot('a', 'ballot'));
      await ann.arrive();
      const response = await ann.request('/api/react', {
        message: ref.message,
        marks: [{ emoji, present: true }],
      });
      expect(response.status).toBe(400);
      expect(events.filter((e) => e.kind === 'reaction')).toEqual([]);
    },
  );

  it('takes none on a closed ballot or a message that is gone', async () => {
    const { ann, platform } = await start();
    const closed = await platform.post('cat', { ...ballot('a', 'ballot'), data: { open: false } });
    await ann.arrive();
    const marks = [{ emoji: '1', present: true }];
    expect((await ann.request('/api/react', { message: closed.message, marks })).status).toBe(409);
    expect((await ann.request('/api/react', { message: 'm99', marks })).status).toBe(404);
  });

  it('shows each person only their own marks', async () => {
    const { ann, platform } = await start();
    const bea = new Visitor(platform.url);
    const ref = await platform.post('cat', ballot('a', 'ballot'));
    await ann.arrive();
    await bea.arrive();
    await ann.json('/api/react', { message: ref.message, marks: [{ emoji: '1', present: true }] });
    expect((await ann.messages())[0].mine).toEqual(['1']);
    expect((await bea.messages())[0].mine).toEqual([]);
    expect(JSON.stringify(await bea.messages())).not.toContain(JSON.stringify(['1']));
  });
});

describe('the live line', () => {
  it('resumes after the last event seen, with removals, and starts afresh for a foreign id', async () => {
    const { ann, platform } = await start();
    const a = await platform.post('cat', card('a', 'one'));
    const b = await platform.post('cat', card('b', 'two'));
    const [first] = await ann.frames((f) => f.length > 0);
    expect(first!.data.messages.map((m: { title: string }) => m.title)).toEqual(['one', 'two']);
    await platform.edit(b, card('b', 'two, edited'));
    await platform.remove(a);
    await platform.post('cat', card('c', 'three'));
    const [second] = await ann.frames((f) => f.length > 0, first!.id);
    expect(second!.data).toMatchObject({ reset: false, removed: [a.message] });
    expect(second!.data.messages.map((m: { title: string }) => m.title)).toEqual(['two, edited', 'three']);
    const [foreign] = await ann.frames((f) => f.length > 0, 'ffffffffffff-3');
    expect(foreign!.data).toMatchObject({ reset: true, removed: [] });
    expect(foreign!.data.messages).toHaveLength(2);
  });

  it('resumes over a restart of the server', async () => {
    const { ann, platform, dir } = await start();
    await platform.post('cat', card('a', 'one'));
    const [first] = await ann.frames((f) => f.length > 0);
    await platform.stop();
    const again = await start(undefined, {}, dir);
    await again.platform.post('cat', card('b', 'two'));
    const [frame] = await again.ann.frames((f) => f.length > 0, first!.id);
    expect(frame!.data.reset).toBe(false);
    expect(frame!.data.messages.map((m: { title: string }) => m.title)).toEqual(['two']);
  });

  it('brings posts, edits and late answers as they happen', async () => {
    const held: { replyTo?: string } = {};
    const { ann, platform } = await start(async (e) => {
      if (e.kind === 'command') held.replyTo = e.replyTo;
    });
    await ann.arrive();
    const frames = await ann.frames(
      (f) => f.some((x) => x.event === 'reply'),
      undefined,
      async () => {
        const ref = await platform.post('cat', card('a', 'posted'));
        await platform.edit(ref, card('a', 'edited'));
        expect(await ann.json('/api/command', { channel: 'cat', text: '/acclaim story' })).toEqual({
          replies: [],
        });
        await platform.reply(held.replyTo!, card('r', 'here it is'));
      },
    );
    const titles = frames
      .filter((f) => f.event === 'message' || f.event === 'reply')
      .map((f) => f.data.title);
    expect(titles).toEqual(['posted', 'edited', 'here it is']);
  });
});

describe('files', () => {
  it('serves pictures of cards by number, never by path, and never tells a path', async () => {
    const { ann, platform, dir } = await start();
    const file = join(dir, 'one.png');
    const png = await encodePng({ width: 1, height: 1, data: new Uint8Array(3) });
    writeFileSync(file, png);
    writeFileSync(join(dir, 'secret.txt'), 'x');
    await platform.post(
      'cat',
      card('a', 'pictures', {
        pictures: [{ file, alt: 'one', spoiler: false }],
        data: { cells: [{ file }, { file: null }, { file: join(dir, 'secret.txt') }] },
      }),
    );
    const [message] = await ann.messages();
    expect(JSON.stringify(message)).not.toContain(dir);
    expect(message.data.cells[1]).toEqual({ url: null });
    for (const url of [message.pictures[0].url, message.data.cells[0].url]) {
      const response = await ann.request(url);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
      expect(response.headers.get('content-type')).toBe('image/png');
    }
    expect((await ann.request(message.data.cells[2].url)).status).toBe(404);
    expect((await ann.request(`/pictures/${message.id}/9`)).status).toBe(404);
    expect((await ann.request(`/pictures/${message.id}/-1`)).status).toBe(404);
    expect((await ann.request('/pictures/..%2f..%2fetc/0')).status).toBe(404);
  });

  it('serves several pictures at once, to each who may see them, and keeps nothing of veiled ones', async () => {
    const accessToken = 'a-long-enough-token';
    const { ann, platform, dir } = await start(undefined, { accessToken, nsfwChannels: ['closed'] });
    const [one, two] = ['one.png', 'two.png'].map((name) => join(dir, name)) as [string, string];
    const png = (shade: number) => encodePng({ width: 1, height: 1, data: new Uint8Array(3).fill(shade) });
    writeFileSync(one, await png(0));
    writeFileSync(two, await png(255));
    const cells = [{ file: one }, { file: two }, { file: join(dir, 'gone.png') }];
    const open = await platform.post('cat', card('a', 'open', { data: { cells } }));
    const veiled = { cells: [{ file: one }], blurred: true };
    const closed = await platform.post('closed', card('b', 'closed', { data: veiled }));
    const ask = async (...of: string[]) => {
      const response = await ann.request(`/pictures?of=${of.join(',')}&v=1`);
      const list = response.status === 200 ? ((await response.json()) as (string | null)[]) : null;
      return { list, cache: response.headers.get('cache-control') };
    };
    const [m, n] = [open.message, closed.message];
    const pair = await ask(`${m}/1`, `${m}/0`);
    expect(pair.cache).toBe('private, max-age=31536000, immutable');
    const bytes = pair.list!.map((at) => Buffer.from(at!.split(';base64,')[1]!, 'base64'));
    const shades = await Promise.all(bytes.map(async (one) => (await decodePicture(one)).data[0]! > 128));
    expect(shades).toEqual([true, false]);
    // Where one is missing the address does not name the bytes.
    expect(await ask(`${m}/2`, `${m}/0`)).toEqual({ list: [null, pair.list![1]], cache: 'no-store' });
    // A channel that is not theirs, numbers that are none, too many.
    expect((await ask(`${n}/0`)).list).toBeNull();
    expect((await ask(`${m}/9`, `${m}/-1`, `${m}/`, m, '', '..%2f..%2fetc/0')).list).toBeNull();
    expect((await ask(...Array.from({ length: 10 }, () => `${m}/0`))).list).toBeNull();
    expect((await ask(`${m}/0`, `${n}/0`)).list).toEqual([pair.list![1], null]);
    await ann.request('/api/login', { token: accessToken });
    const own = await ask(`${m}/0`, `${n}/0`);
    expect(own.cache).toBe('no-store');
    // Of a veiled picture only the blurred copy.
    expect(own.list).toEqual([pair.list![1], expect.stringMatching(/^data:image\/jpeg/)]);
  });

  it('gives the LoRA as a download, and a kind word while there is none', async () => {
    const dir = freshDir();
    const file = join(dir, 'adapter.safetensors');
    writeFileSync(file, 'weights');
    const { ann } = await start(undefined, {
      adapter: async (session, round, format) =>
        session === 'cat' && format === 'diffusers'
          ? { path: file, name: `cat "${round}".safetensors`, folder: false }
          : null,
    });
    const response = await ann.request('/api/sessions/cat/adapter?round=3');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="cat--3-.safetensors"');
    expect(await response.text()).toBe('weights');
    for (const missing of ['rose/adapter', 'cat/adapter?format=kohya', 'cat/adapter?format=../x']) {
      const none = await ann.request(`/api/sessions/${missing}`);
      expect(none.status).toBe(404);
      expect((await errorOf(none)).message).toBe('There is no such file yet.');
    }
  });
});

describe('bad requests', () => {
  it.each([
    ['/api/react', { message: 'm1' }],
    ['/api/react', { message: 'm1', marks: [] }],
    ['/api/react', 'not json'],
    ['/api/command', { channel: 'cat', text: 'x'.repeat(3000) }],
    ['/api/command', { channel: 'cat', text: '' }],
    ['/api/command', { channel: 'cat', text: 'x', extra: true }],
    ['/api/button', []],
    ['/api/login', { token: 5 }],
  ])('%s %o is refused kindly', async (path, body) => {
    const events: ChatEvent[] = [];
    const { ann } = await start(async (e) => void events.push(e));
    await ann.arrive(false);
    const response = await ann.request(path, body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'usage', message: expect.any(String) });
    expect(events).toEqual([]);
  });

  it('bounds what it reads, and hides what went wrong inside', async () => {
    const told: unknown[] = [];
    const { ann } = await start(
      async (e) => {
        if (e.kind === 'command') throw new Error('secret path /var/lib/x');
      },
      { onError: (error) => told.push(error) },
    );
    await ann.arrive();
    const huge = await ann.request('/api/command', { channel: 'cat', text: 'x'.repeat(100_000) });
    expect(huge.status).toBe(400);
    const broken = await ann.request('/api/command', { channel: 'cat', text: 'x' });
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
    expect(told).toHaveLength(1);
  });
});
