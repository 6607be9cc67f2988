/**
 * What somebody keeps or takes along, in a real browser over the small app: a session put into the archive
 * and taken out, favourites, the language, a picture as a file, its words on the clipboard, and the way from
 * a closed round to the story.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { appOfStates } from '../support/page-states.js';
import { until } from '../support/wait.js';
import type { WebApp } from '../support/web-app.js';

let dir: string;
let app: WebApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-keeping-'));
  app = await appOfStates(dir);
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${app.platform.url}/#cat`);
  await page.locator('.round-open .cell-picture').nth(17).waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const channels = () => page.getByRole('navigation', { name: 'Channels' });
const enlarge = async (name: string) => {
  await page.getByRole('button', { name: `Enlarge ${name}`, exact: true }).click();
  return page.getByRole('dialog', { name: 'Picture, enlarged' });
};

/** All pictures of the open round are there. */
const shown = (on: Page) =>
  until(
    async () =>
      (await on.evaluate<number>(
        '[...document.querySelectorAll(".round-open .cell-picture img")].filter((img) => img.naturalWidth > 0).length',
      )) === 18,
    'eighteen pictures',
  );

it('opens with a request for each of its files, and one for the pictures of each sheet', async () => {
  const other = await context.newPage();
  const asked: string[] = [];
  other.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await other.goto(`${app.platform.url}/#cat`);
  await shown(other);
  const files = () => asked.filter((path) => path.startsWith('/p') === path.startsWith('/page/'));
  // The document, a script, a sheet of styles, the sign, and the live line, which begins when all stands.
  await expect
    .poll(() => new Set(files().map((path) => path.replace(/-[\w-]{20}\./, '.'))))
    .toEqual(new Set(['/', '/page/app.css', '/page/app.js', '/page/logo.svg', '/api/events']));
  expect(files().length).toBeLessThanOrEqual(6);
  expect(asked.filter((path) => path === '/pictures')).toHaveLength(2);
  await other.close();
});

it('fetches pictures one by one where they do not come together', async () => {
  const other = await context.newPage();
  await other.route('**/pictures?*', (route) => route.abort());
  await other.goto(`${app.platform.url}/#cat`);
  await shown(other);
  await other.close();
});

it('puts a session into the archive and takes it out, over a reload', async () => {
  const archive = page.locator('.side-away');
  expect(await archive.count()).toBe(0);
  await channels().getByText('birds').hover();
  await page.getByRole('button', { name: 'Put birds into the archive' }).click();
  await archive.getByText('Archive (1)').waitFor();
  await page.reload();
  await archive.getByText('Archive (1)').click();
  await archive.locator('.side-channel').hover();
  await page.getByRole('button', { name: 'Take birds out of the archive' }).click();
  await archive.waitFor({ state: 'detached' });
  await channels().locator('.side-channel', { hasText: 'birds' }).waitFor();
  await page.reload();
  await channels().locator('.side-channel', { hasText: 'birds' }).waitFor();
  expect(await archive.count()).toBe(0);
});

it('keeps favourites over a reload, shows them, and opens one large', async () => {
  const large = await enlarge('A2');
  const heart = large.getByRole('button', { name: 'A2 is among my favourites' });
  await heart.click();
  await expect.poll(() => heart.getAttribute('aria-pressed')).toBe('true');
  await page.keyboard.press('Escape');
  // Going back to before it was enlarged would break the reload off.
  await expect.poll(() => page.evaluate('history.state?.large ?? null')).toBe(null);
  await page.reload();
  await page.getByRole('button', { name: 'Favourites' }).click();
  const list = page.getByRole('dialog', { name: 'Favourites' });
  await list.getByRole('button', { name: /A2, round 3/ }).click();
  await large.getByText('A2', { exact: true }).waitFor();
  await heart.click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Favourites' }).click();
  await list.getByText('Nothing here yet').waitFor();
  await page.keyboard.press('Escape');
});

it('hands a picture out as a file of its own name, all its bytes', async () => {
  const large = await enlarge('B1');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    large.getByRole('link', { name: 'Download this picture' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('cat-round-3-B1.png');
  // Of the third round's eighteen it is the tenth, and there are pictures for two rounds.
  expect(readFileSync(await download.path()).equals(readFileSync(join(dir, '9.png')))).toBe(true);
  await page.keyboard.press('Escape');
});

it('copies the words and numbers that a picture was drawn from, and says where it cannot', async () => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app.platform.url });
  const large = await enlarge('B1');
  await large.getByRole('button', { name: 'Copy prompt and seed' }).click();
  await large.getByText('Copied').waitFor();
  const { prompt, seed, model } = app.session;
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
    `${prompt}\nseed ${seed}, round 3, picture 9\n${model}`,
  );
  await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`);
  await large.getByRole('button', { name: 'Copy prompt and seed' }).click();
  await large.getByText('This browser does not let the page copy').waitFor();
  await page.keyboard.press('Escape');
});

it('leads from a closed round to the story that stands below it', async () => {
  const story = page.locator('.story h2');
  await page.locator('.outcome').first().getByRole('button', { name: 'See the story' }).click();
  await expect
    .poll(() => page.evaluate(`document.activeElement === document.querySelector('.story h2')`))
    .toBe(true);
  await expect.poll(() => story.evaluate((el) => el.getBoundingClientRect().top >= 0)).toBe(true);
});

it('speaks the language that was chosen here, over a reload', async () => {
  await page.getByRole('button', { name: /^Language: English/ }).click();
  await page.getByRole('button', { name: '新しいセッション' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: '新しいセッション' }).waitFor();
  await expect.poll(() => page.evaluate('document.documentElement.lang')).toBe('ja');
  await page.getByRole('button', { name: /^言語: 日本語/ }).click();
  await page.getByRole('button', { name: 'New session' }).waitFor();
});

it('made no error in the console', () => {
  expect(faults).toEqual([]);
});
