/**
 * Votes that cost nothing: cookies by the dozen, forged marks and cookies, excluded people who return, and
 * flags by people whom nobody knows. Over HTTP against the real `acclaim start` with an access token, a
 * quorum of one, and nothing bounded by number, so that each is refused for what it is.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newInvite } from '../../src/store/invites.js';
import { readSecret } from '../../src/store/voter-key.js';
import { Started } from '../support/started.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';
import { type Attempt, mustFail, rows } from './attempt.js';

const accessToken = 'sesame-open-the-door';
const many = '{ person: 9999, stranger: 9999, address: 9999, strangers: 9999 }';
const started = new Started([
  `server.accessToken=${accessToken}`,
  'session.images=18',
  'session.cells=9',
  'votes.quorum=1',
  `limits.commands=${many}`,
  'limits.codes={ person: 9999, address: 9999, strangers: 9999 }',
  'limits.agreements={ person: 9999, address: 9999, strangers: 9999 }',
  'limits.marks=9999',
]);
let url: string;
let secret: Buffer;
let channel: string;
/** Messages of the two sheets. */
let sheets: string[];
let boss: Visitor;
let ann: Visitor;
/** Waits, as everybody without an invite. */
let eve: Visitor;
/** Had an invite, and was excluded. */
let out: Visitor;

const marks = (...emojis: string[]) => emojis.map((emoji) => ({ emoji, present: true }));
const react = (who: Visitor, sheet: number, ...emojis: string[]) =>
  who.request('/api/react', { message: sheets[sheet], marks: marks(...emojis) });
const ok = async (asked: Promise<Response>) => (await asked).ok;
const say = async (who: Visitor, text: string): Promise<{ title: string; text: string }> => {
  const { replies = [], error } = await who.json('/api/command', { channel, text });
  return replies[0] ?? { title: 'Not done', text: error.message };
};
const invite = (days = 1) => newInvite(secret, Date.now() + days * 86_400_000);
const consent = (who: Visitor, given = true) => who.request('/api/consent', { channel, given });

async function visit(invited = false): Promise<Visitor> {
  const who = new Visitor(url);
  await who.json('/api/me');
  if (invited) expect((await who.request('/api/invite', { code: invite() })).status).toBe(200);
  await consent(who);
  return who;
}

const session = async () =>
  (await boss.json('/api/status')).sessions.find((one: { channel: string }) => one.channel === channel);
const held = async () =>
  (
    await started.rows(
      "SELECT json_extract(body, '$.index') AS at FROM image WHERE json_extract(body, '$.state') <> 'shown'",
    )
  ).map(({ at }) => `picture ${Number(at) + 1} is not shown`);
/** What of a round that only honest people may move has moved. */
async function moved(): Promise<string[]> {
  const { voters, roundState, round } = await session();
  const grown = voters > counted ? [`${voters} voters count, not ${counted}`] : [];
  return [...grown, ...(roundState === 'open' && round === 1 ? [] : [`round ${round} is ${roundState}`])];
}
let counted = 0;

beforeAll(async () => {
  url = await started.start();
  secret = await readSecret(started.dir);
  boss = new Visitor(url);
  await boss.json('/api/me');
  expect(await ok(boss.request('/api/login', { token: accessToken }))).toBe(true);
  channel = 'general';
  await consent(boss);
  await say(boss, '/acclaim session start a black cat');
  await until(() => started.roundOpen(1), 'the first round', 180_000);
  channel = (await boss.json('/api/status')).sessions[0].channel;
  sheets = (await boss.messages()).filter((m) => m.kind === 'ballot').map((m) => m.id);
  expect(sheets).toHaveLength(2);
  [ann, out, eve] = [await visit(true), await visit(true), await visit()];
  expect(await ok(react(ann, 0, '1'))).toBe(true);
  expect(await ok(react(out, 0, '4'))).toBe(true);
  expect((await session()).voters).toBe(2);
  const { code } = await out.json('/api/me');
  expect((await say(boss, `/acclaim exclude ${code}`)).title).toBe('Excluded');
  expect((await session()).voters).toBe(1);
  counted = 1;
}, 240_000);
afterAll(() => started.remove());

describe('cookies', () => {
  const cookies = Array.from(
    { length: 60 },
    (_, i): Attempt => ({
      name: `${i < 25 ? '25' : '60'} cookies call one picture the best and are done: number ${i + 1}`,
      async run() {
        const cookie = await visit();
        await react(cookie, 0, '4', 'star-4');
        await react(cookie, 1, 'none', 'done');
        const { waits } = await cookie.json('/api/me');
        return [...(waits ? [] : ['it counts']), ...(await moved())];
      },
    }),
  );
  test.each(rows(cookies))('%s', (_, attempt) => mustFail(attempt));
});

describe('forged', () => {
  const named = (who: Visitor, end: string) => who.cookieNames().find((name) => name.endsWith(end))!;
  const value = (who: Visitor, name: string) =>
    new Map(
      who
        .cookie()
        .split('; ')
        .map((pair) => pair.split(/=(.*)/s) as [string, string]),
    ).get(name)!;
  const own = (who: Visitor) => who.cookieNames().find((name) => /^acclaim_[0-9a-f]+$/.test(name))!;
  const asMember = async (change: (who: Visitor) => void | Promise<void>) => {
    const who = await visit();
    await change(who);
    const me = await who.json('/api/me');
    return [...(me.waits ? [] : ['it counts']), ...(me.role === 'member' ? [] : [`it is ${me.role}`])];
  };
  const cookie = (name: string, change: (who: Visitor) => void | Promise<void>): Attempt => ({
    name,
    run: () => asMember(change),
  });
  const request = (
    name: string,
    path: string,
    body: () => unknown,
    headers: Record<string, string> = {},
  ): Attempt => ({
    name,
    async run() {
      const answer = await eve.request(path, body(), headers);
      return [...(answer.ok ? [`${path} was taken`] : []), ...(await moved()), ...(await held())];
    },
  });
  const mark = (name: string, sheet: () => string | undefined, emojis: string[], headers = {}): Attempt =>
    request(name, '/api/react', () => ({ message: sheet(), marks: marks(...emojis) }), headers);
  /** `whose`: the code of that visitor goes with it. */
  const typed = (words: string, whose?: () => Visitor): Attempt => ({
    name: `typed by a visitor: ${words}`,
    async run() {
      const code = whose ? ` ${(await whose().json('/api/me')).code}` : '';
      const { title } = await say(eve, `/acclaim ${words}${code}`);
      const refused = /^(Not allowed|Not done|I did not get that)$/.test(title);
      return [...(refused ? [] : [title]), ...(await moved()), ...(await held())];
    },
  });
  const first = () => sheets[0];
  const attempts: Attempt[] = [
    cookie('a cookie with a signature of its own making', (who) => who.setCookie(own(who), 'me.k.AAAA')),
    cookie("somebody's id with one's own signature", (who) => {
      const [id] = value(ann, own(ann)).split('.');
      who.setCookie(own(who), [id, ...value(who, own(who)).split('.').slice(1)].join('.'));
    }),
    cookie('a cookie that says it is old', (who) => {
      const [id, , signature] = value(who, own(who)).split('.');
      who.setCookie(own(who), `${id}.1.${signature}`);
    }),
    cookie('a cookie as they were before they told their age', (who) => {
      const [id, , signature] = value(who, own(who)).split('.');
      who.setCookie(own(who), `${id}.${signature}`);
    }),
    cookie("the mark of somebody else's invite", (who) =>
      who.setCookie(named(ann, '_voter'), value(ann, named(ann, '_voter'))),
    ),
    cookie('a made-up mark of an invite', (who) => who.setCookie(named(ann, '_voter'), 'yes')),
    cookie("an admin's cookie", (who) =>
      who.setCookie(named(boss, '_admin'), value(boss, named(boss, '_admin'))),
    ),
    cookie('a made-up cookie of an admin', (who) => who.setCookie(named(boss, '_admin'), 'x.y')),
    cookie('an admin who logged out, by a copy of their cookies', async (who) => {
      const admin = await visit();
      await admin.request('/api/login', { token: accessToken });
      const copy = admin.cookieNames().map((name) => [name, value(admin, name)] as const);
      await admin.request('/api/logout', {});
      for (const [name, kept] of copy) who.setCookie(name, kept);
      // They were vouched for as long as they were an admin; it is their rights that are gone.
      expect((await who.json('/api/me')).role).toBe('member');
      who.setCookie(own(who), value(eve, own(eve)));
    }),
    request('a wrong token', '/api/login', () => ({ token: 'sesame-open-the-dork' })),
    request('no token', '/api/login', () => ({ token: '' })),
    request('an invite that is made up', '/api/invite', () => ({ code: 'A'.repeat(32) })),
    request('an invite of another installation', '/api/invite', () => ({
      code: newInvite(Buffer.alloc(32), Date.now() + 1e9),
    })),
    request('an invite that has ended', '/api/invite', () => ({ code: invite(-1) })),
    request('an invite made longer', '/api/invite', () => {
      const bytes = Buffer.from(invite(), 'base64url');
      bytes[8]! ^= 128;
      return { code: bytes.toString('base64url') };
    }),
    {
      name: 'an invite that somebody used',
      async run() {
        const code = invite();
        await (await visit()).request('/api/invite', { code });
        return (await eve.request('/api/invite', { code })).ok ? ['it was taken'] : [];
      },
    },
    {
      name: 'one invite, by ten at once',
      async run() {
        const code = invite();
        const ten = await Promise.all(Array.from({ length: 10 }, () => visit()));
        const took = await Promise.all(ten.map((who) => ok(who.request('/api/invite', { code }))));
        const count = took.filter(Boolean).length;
        return count > 1 ? [`${count} took it`] : [];
      },
    },
    mark('from another site, by Origin', first, ['1'], { origin: 'https://evil.example' }),
    mark('from another site, by Sec-Fetch-Site', first, ['1'], { 'sec-fetch-site': 'cross-site' }),
    mark('as a form', first, ['1'], { 'content-type': 'text/plain' }),
    mark('to a name that is not ours', first, ['1'], {
      host: 'evil.example',
      origin: 'https://evil.example',
    }),
    mark('a flag as a mark', first, ['flag-1']),
    mark('a cell that is not there', first, ['10']),
    mark('a star on a cell that is not there', first, ['star-99']),
    mark("a gallery's mark", first, ['like']),
    mark('no mark at all', first, ['']),
    mark('a message that is not there', () => 'm999', ['1']),
    mark('a message of a strange name', () => '__proto__', ['1']),
    mark('more marks than there are', first, Array(81).fill('1')),
    request('for somebody else', '/api/react', () => ({ message: first(), marks: marks('1'), who: 'ann' })),
    {
      name: 'by a browser that has not agreed',
      async run() {
        const who = new Visitor(url);
        await who.json('/api/me');
        return (await ok(react(who, 0, '4', 'done'))) ? ['it was taken'] : await moved();
      },
    },
    typed('round close'),
    typed('round redo'),
    typed('session stop'),
    typed('hide A1'),
    typed('show A1'),
    typed('undo'),
    typed('page invite'),
    typed('settings quorum 1'),
    typed('review ok'),
    typed('admit', () => eve),
    typed('trust', () => eve),
    typed('exclude', () => ann),
  ];
  test.each(rows(attempts))('%s', (_, attempt) => mustFail(attempt));
});

describe('excluded', () => {
  const votes = async (who: Visitor) => {
    await react(who, 0, '4');
    await react(who, 1, '2', 'done');
    return moved();
  };
  const again = async () => {
    await say(out, '/acclaim me forget');
    await consent(out);
  };
  const attempts: Attempt[] = [
    { name: 'votes on', run: () => votes(out) },
    {
      name: 'is forgotten, agrees again and votes',
      async run() {
        await again();
        return votes(out);
      },
    },
    {
      name: 'takes consent back by the page, agrees again and votes',
      async run() {
        await consent(out, false);
        await consent(out);
        return votes(out);
      },
    },
    {
      name: 'does so three times',
      async run() {
        for (let i = 0; i < 3; i++) await again();
        return votes(out);
      },
    },
    {
      name: 'is forgotten and opens a new invite',
      async run() {
        await say(out, '/acclaim me forget');
        await out.request('/api/invite', { code: invite() });
        await consent(out);
        return votes(out);
      },
    },
    {
      name: 'links an account that waits',
      async run() {
        const other = await visit();
        const code = (await say(out, '/acclaim link')).text.match(/[0-9A-Z]{4}-[0-9A-Z]{4}/)![0];
        await say(other, `/acclaim link ${code}`);
        return [...(await votes(other)), ...(await votes(out))];
      },
    },
    {
      name: 'is forgotten with it, and both come back',
      async run() {
        await again();
        return votes(out);
      },
    },
    {
      name: 'includes themself',
      async run() {
        const { title } = await say(out, `/acclaim include ${(await out.json('/api/me')).code}`);
        return [...(title === 'Not allowed' ? [] : [title]), ...(await votes(out))];
      },
    },
    {
      name: 'comes back over a restart of the bot',
      async run() {
        await say(out, '/acclaim me forget');
        await started.stop();
        const before = [boss, ann, eve, out];
        url = await started.start();
        [boss, ann, eve, out] = before.map((who) => {
          const moved = new Visitor(url);
          for (const pair of who.cookie().split('; '))
            moved.setCookie(...(pair.split(/=(.*)/s) as [string, string]));
          return moved;
        }) as [Visitor, Visitor, Visitor, Visitor];
        await consent(out);
        return votes(out);
      },
    },
  ];
  test.each(rows(attempts))('%s', (_, attempt) => mustFail(attempt));
});

describe('flags', () => {
  const pictures = [0, 1].flatMap((sheet) =>
    Array.from({ length: 9 }, (_, i) => ({ sheet, name: `${'AB'[sheet]}${i + 1}` })),
  );
  const flag = (who: Visitor, { sheet, name }: { sheet: number; name: string }) =>
    who.request('/api/button', { message: sheets[sheet], button: 'flag', value: name });
  let cookies: Visitor[];
  let young: Visitor[];
  beforeAll(async () => {
    cookies = [await visit(), await visit()];
    young = [await visit(true), await visit(true), await visit(true)];
  });
  const attempts: Attempt[] = [
    ...pictures.map((picture) => ({
      name: `two cookies flag ${picture.name}`,
      async run() {
        for (const cookie of cookies) await flag(cookie, picture);
        return held();
      },
    })),
    ...pictures.slice(0, 3).map((picture) => ({
      name: `three who came a minute ago flag ${picture.name}`,
      async run() {
        for (const one of young) await flag(one, picture);
        return held();
      },
    })),
    {
      name: 'an excluded one and an admin flag A4',
      async run() {
        for (const one of [out, boss]) await flag(one, pictures[3]!);
        return held();
      },
    },
  ];
  test.each(rows(attempts))('%s', (_, attempt) => mustFail(attempt));

  test('an admin and one of those whom they invited do hold a picture back, and an admin shows it again', async () => {
    for (const one of [boss, young[0]!]) await flag(one, pictures[8]!);
    expect(await held()).toEqual(['picture 9 is not shown']);
    expect((await say(boss, '/acclaim show A9')).title).toBe('Shown');
    for (const one of young) await flag(one, pictures[8]!);
    expect(await held()).toEqual([]);
  });
});

describe('in the end', () => {
  test('the round comes to what those say who count', async () => {
    // Of all who marked: Ann, and Eve once an admin has admitted her.
    expect((await say(boss, `/acclaim admit ${(await eve.json('/api/me')).code}`)).title).toBe('Admitted');
    await react(eve, 0, '2', 'done');
    const closed = async () =>
      (await started.bodies('round'))[0]!.outcome as { voters: number; cells: { up: number }[] } | null;
    await until(async () => (await closed()) !== null, 'the close', 60_000);
    const { voters, cells } = (await closed())!;
    expect(voters).toBe(2);
    expect(cells.map(({ up }) => up)).toEqual([1, 1, ...Array(16).fill(0)]);
  });
});
