/**
 * Duels on the page, in a real browser over the small app: answered by press, button and arrow key, taken back,
 * enlarged; alone on a phone by their address, one pair after the other until all are answered.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { violations } from '../support/axe.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { postDuels } from '../support/duel-round.js';
import { agree } from '../support/page-states.js';
import { until } from '../support/wait.js';
import { WebApp } from '../support/web-app.js';

const faults: string[] = [];
let dir: string;
let app: WebApp;
let browser: Browser;
let page: Page;
/** Messages in the order in which they are asked. */
let asked: string[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-duels-'));
  const pictures = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const file = join(dir, `${i}.png`);
      const data = new Uint8Array(64 * 64 * 3).map((_, at) => (at * (i + 3)) % 251);
      writeFileSync(file, await encodePng({ width: 64, height: 64, data }));
      return file;
    }),
  );
  app = new WebApp({ dir, pictures });
  await app.start();
  asked = [...(await postDuels(app, pictures)).keys()];
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' });
  await agree(context, app.platform.url);
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${app.platform.url}/#pairs`);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

/** Answers that stand, pair after pair. */
function standing(): string[] {
  const marks = new Map<string, string>();
  for (const event of app.events)
    if (event.kind === 'reaction') {
      const key = event.ref.message;
      if (event.present) marks.set(key, event.emoji);
      else if (marks.get(key) === event.emoji) marks.delete(key);
    }
  return asked.map((message) => marks.get(message) ?? '-');
}
const stands = async (...wanted: string[]) =>
  until(() => standing().slice(0, wanted.length).join() === wanted.join(), wanted.join());
const act = (name: string) => page.getByRole('button', { name, exact: true });
const progress = (done: number) =>
  page.getByRole('progressbar', { name: `${done} of ${asked.length}` }).waitFor();

it('shows a pair at a time, and takes a press on a picture, a button and an arrow key', async () => {
  await progress(0);
  expect(await page.locator('.duel-picture').count()).toBe(2);
  expect(await violations(page)).toEqual([]);
  await page.locator('.duel-picture').nth(1).click();
  await progress(1);
  await act('Both').click();
  await progress(2);
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) await page.keyboard.press(key);
  await progress(6);
  await stands('right', 'both', 'left', 'right', 'both', 'neither', '-');
});

it('has the pictures of the next pair there before it is asked', async () => {
  const there = `[...document.querySelectorAll('.duel-picture img')].every((one) => one.complete && one.naturalWidth > 0 && one.src.startsWith('data:'))`;
  await until(() => page.evaluate<boolean>(there), 'the pictures');
  // In the turn in which the answer is given.
  const after = `document.querySelector('.duel-act').click(), new Promise((then) => requestAnimationFrame(() => then(${there})))`;
  expect(await page.evaluate<boolean>(after)).toBe(true);
  await progress(7);
});

it('takes the last answer back, by button and by Ctrl+Z, and asks that pair again', async () => {
  await page.getByRole('button', { name: 'Undo' }).click();
  await progress(6);
  await page.keyboard.press('Control+z');
  await progress(5);
  await stands('right', 'both', 'left', 'right', 'both', '-', '-');
});

it('leaves arrow keys to the field that is typed in, and to the enlarged picture', async () => {
  const field = page.getByRole('combobox', { name: 'Command' });
  await field.focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('.duel-side').first().hover();
  await page.locator('.duel-side .corner').first().click();
  await page.locator('.lightbox[open] img').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('g');
  await page.keyboard.press('Escape');
  await page.locator('.lightbox[open]').waitFor({ state: 'detached' });
  await progress(5);
});

it('stands alone on a phone, is answered to its end, and leads to the whole page', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('link', { name: 'Only the pairs' }).click();
  await page.locator('.duel-page').waitFor();
  expect(await page.locator('.side, .composer, .feed').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  const boxes = await page.evaluate<
    boolean[]
  >(`[...document.querySelectorAll('.duel-picture, .duel-act')].map((el) => {
    const { left, right, bottom, height } = el.getBoundingClientRect();
    return left >= 0 && right <= innerWidth && bottom <= innerHeight && height >= 44;
  })`);
  expect(boxes).toEqual(Array(6).fill(true));
  for (let done = 5; done < asked.length; done++) {
    await act('Neither').click();
    await progress(done + 1);
  }
  await page.getByText(`All ${asked.length} pairs are answered`).waitFor();
  await page.getByRole('button', { name: 'Done, teach it' }).click();
  await until(
    () => app.events.some((e) => e.kind === 'reaction' && e.emoji === 'done' && e.present),
    'Done to be told',
  );
  await page.getByRole('button', { name: 'To the whole page' }).click();
  await page.locator('.feed').waitFor();
  expect(new URL(page.url()).hash).toBe('#pairs');
  await page.goBack();
  await page.locator('.duel-page').waitFor();
  expect(faults).toEqual([]);
});
