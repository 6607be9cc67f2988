/**
 * Every state of the page on a large screen and on a phone, in each language and in both dresses: the page as
 * a whole never scrolls, nothing sticks out at its side. In Japanese, what the page itself says is Japanese,
 * and axe-core finds nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from '../support/axe.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { agree, appOfStates, screens, show, states } from '../support/page-states.js';
import type { WebApp } from '../support/web-app.js';

let dir: string;
let app: WebApp;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-states-'));
  app = await appOfStates(dir);
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

/** How far the document could be scrolled, and what stands out of it at its side. */
const loose = `(() => {
  const root = document.documentElement;
  const before = [scrollX, scrollY];
  scrollTo(9999, 9999);
  const moved = [scrollX - before[0], scrollY - before[1]];
  const parts = [...document.querySelectorAll('.feed, .side-scroll, dialog[open], .dialog-inner, .dock')];
  const wide = parts.filter((el) => el.checkVisibility() && el.scrollWidth - el.clientWidth > 1).map((el) => el.className);
  return { moved, over: root.scrollWidth - innerWidth, tall: root.scrollHeight - innerHeight, wide };
})()`;

/**
 * Text of the page's own, as the reader sees it: without what is the server's (also where it is read out),
 * people's, and names.
 */
const own = `(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement;
    if (!el.checkVisibility() || el.closest('[lang=en], script, kbd, code, .hash, .said, .you-words strong, .dialog-inner li strong, .unseen[role=status]')) continue;
    const text = node.textContent.trim();
    if (/[a-z]{3,} [a-z]{2,}/i.test(text)) found.push(text);
  }
  return found;
})()`;

const looks = [
  { lang: 'en', dark: false },
  { lang: 'ja', dark: true },
];
const rows = screens.flatMap((screen) => looks.map((look) => ({ ...screen, ...look })));

describe.each(rows)('$name, $lang', ({ viewport, phone, lang, dark }) => {
  let context: BrowserContext;
  let page: Page;
  let shown = '';
  beforeAll(async () => {
    const colorScheme = dark ? 'dark' : 'light';
    const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
    context = await browser.newContext({
      viewport,
      colorScheme,
      locale,
      hasTouch: phone,
      reducedMotion: 'reduce',
    });
    await agree(context, app.platform.url);
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`${shown}: ${error.message}`));
    page.setDefaultTimeout(30_000);
  });
  afterAll(() => context?.close());

  it.each(states.filter((state) => !state.phone || phone))('$name', async (state) => {
    shown = state.name;
    // From elsewhere on the server the page begins anew, in the same process of the browser.
    await page.goto(`${app.platform.url}/api/status`);
    await show(page, app.platform.url, state);
    expect(await page.evaluate('document.documentElement.lang')).toBe(lang);
    expect(await page.evaluate(loose)).toEqual({ moved: [0, 0], over: 0, tall: 0, wide: [] });
    if (lang === 'ja') {
      expect(await violations(page)).toEqual([]);
      const prompts = [app.session.prompt, 'a bird on a wire', 'of a far country'];
      const said = (await page.evaluate<string[]>(own)).filter(
        // A command is typed as it is named, in every language.
        (text) => !text.startsWith('/acclaim') && !prompts.some((one) => text.includes(one)),
      );
      expect(said).toEqual([]);
    }
  });
});

it('made no error in any console', () => {
  expect(faults).toEqual([]);
});
