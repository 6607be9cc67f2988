/**
 * A session that reduces unsafe pictures on the page, in a real browser: unseen without a token, opened by an
 * admin in the marked channel only, blurred by the server, shown by a click, marked as unsafe; gone when the
 * mark is.
 */

import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { say } from '../support/composer.js';
import { Started } from '../support/started.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';

const [access, guests] = ['the token of admins', 'the token of guests'];
const marked = [
  'server.nsfwChannels=[after-dark]',
  `server.accessToken=${access}`,
  `server.nsfwToken=${guests}`,
];
/** What only a fault takes, even where the engine gets little of the machine. */
const LONG = 300_000;
const started = new Started([...marked, 'votes.quorum=1', 'server.voters=open']);
let browser: Browser;
let url = '';

beforeAll(async () => {
  url = await started.start();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await started.remove();
});

async function visit(token: string | null): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(token === null ? url : `${url}/#token=${encodeURIComponent(token)}`);
  return page;
}
/** How much the picture differs from one pixel to the next: blurring takes that away. */
const sharpness = (page: Page) =>
  page.evaluate<number>(`(() => {
    const img = document.querySelector('.cell-picture img');
    if (!img || !img.complete || !img.naturalWidth) return -1;
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
    const at = canvas.getContext('2d');
    at.drawImage(img, 0, 0, 64, 64);
    const { data } = at.getImageData(0, 0, 64, 64);
    let sum = 0;
    for (let i = 4; i < data.length; i += 4) sum += Math.abs(data[i] - data[i - 4]);
    return sum / (data.length / 4);
  })()`);

it(
  'opens only for an admin, and is not there for who holds no token',
  async () => {
    const stranger = await visit(null);
    await say(stranger, '/acclaim nsfw start a black cat');
    await stranger.getByText('is for a moderator or above').first().waitFor();
    const admin = await visit(access);
    await say(admin, '/acclaim nsfw start a black cat');
    await admin.getByText('in the channel after-dark').first().waitFor();
    await until(() => started.roundOpen(1), 'the first round', LONG);
    const outside = new Visitor(url);
    await outside.arrive();
    expect((await outside.json('/api/status')).sessions).toEqual([]);
    expect(await stranger.getByText('after-dark').count()).toBe(0);
    for (let i = 0; i < 40; i++)
      expect((await outside.request(`/pictures/m${i}/0?clear=1`)).status).toBe(404);
  },
  2 * LONG,
);

it(
  'blurs every picture for a guest with the token, shows one by a click, and takes marks for "unsafe"',
  async () => {
    const guest = await visit(guests);
    await guest.getByRole('heading', { level: 1, name: '#after-dark' }).waitFor();
    const first = guest.locator('.cell-picture').first();
    await until(async () => (await sharpness(guest)) >= 0, 'the picture');
    const veiled = await sharpness(guest);
    await expect.poll(() => guest.locator('.cell-picture .veil').count()).toBe(4);
    await first.click();
    await until(async () => (await sharpness(guest)) > 1.5 * veiled, 'the clear picture');
    await expect.poll(() => guest.locator('.cell-picture .veil').count()).toBe(3);
    expect(await guest.locator('dialog.lightbox[open]').count()).toBe(0);
    await guest.getByRole('button', { name: 'A1 is unsafe', exact: true }).click();
    await guest.getByRole('button', { name: 'Agree and vote' }).click();
    await until(async () => (await started.facts()).some((f) => f.emoji === '1'), 'the mark');
    const done = guest.getByRole('button', { name: /Done/ });
    await done.first().click();
    await guest.getByRole('button', { name: 'Nothing unsafe, done' }).click();
    await until(async () => (await started.bodies('round'))[0]!.outcome !== null, 'the close');
    const { outcome } = (await started.bodies('round'))[0] as { outcome: { cells: { up: number }[] } };
    expect(outcome.cells.map((cell) => cell.up)).toEqual([0, 1, 1, 1]);
  },
  2 * LONG,
);

it(
  "a moderator's report: figures for the channel, veiled pictures for the asker alone",
  async () => {
    const session = async () =>
      (await started.bodies('session'))[0] as { head: number; evaluation?: { state: string } };
    await until(async () => (await session()).head === 1, 'the learning', LONG);
    const enter = async (token: string) => {
      const visitor = new Visitor(url);
      await visitor.arrive();
      await visitor.request('/api/login', { token });
      return visitor;
    };
    const [admin, guest] = [await enter(access), await enter(guests)];
    const ask = async (who: Visitor) =>
      (await who.json('/api/command', { channel: 'after-dark', text: 'nsfw report' })).replies[0];
    expect((await ask(guest)).title).toBe('Not allowed');
    expect((await ask(admin)).title).toBe('Measuring');
    await until(async () => (await session()).evaluation?.state === 'done', 'the figures', LONG);
    const { text, pictures, files } = await ask(admin);
    expect(text).toContain('on prompts that nobody voted on');
    expect(pictures.map(({ spoiler }: { spoiler: boolean }) => spoiler)).toEqual([true, true]);
    expect(JSON.parse(files[0].text)).toMatchObject({
      state: 'done',
      by: 'judge',
      unseen: { after: { of: 8 } },
    });
    const [{ url: sheet }] = pictures;
    const bytes = async (who: Visitor, address: string) => {
      const answer = await who.request(address);
      return [answer.status, (await answer.arrayBuffer()).byteLength] as const;
    };
    const [veiled, clear] = [await bytes(admin, sheet), await bytes(admin, `${sheet}&clear=1`)];
    expect([veiled[0], clear[0], veiled[1] < clear[1] / 2]).toEqual([200, 200, true]);
    expect((await bytes(guest, sheet))[0]).toBe(404);
  },
  2 * LONG,
);

it('with the mark gone nobody is shown a picture, and the session rests', async () => {
  await started.stop();
  const unmarked = new Started([`server.accessToken=${access}`], started.dir);
  const again = await unmarked.start();
  try {
    const rests = async () => (await unmarked.bodies('session'))[0]!.pause === 'guard';
    await until(rests, 'the session to rest');
    const admin = new Visitor(again);
    await admin.arrive();
    await admin.request('/api/login', { token: access });
    for (let i = 0; i < 40; i++)
      for (const clear of ['', '?clear=1'])
        expect((await admin.request(`/pictures/m${i}/0${clear}`)).status).toBe(404);
    const { replies } = await admin.json('/api/command', { channel: 'after-dark', text: 'session resume' });
    expect(replies[0].text).toContain('ACCLAIM_NSFW_CHANNELS');
  } finally {
    await unmarked.stop();
  }
}, 120_000);
