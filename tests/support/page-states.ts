/**
 * The states of the page that people meet, over the small app: each from a page opened anew, found by what it
 * is and not by its words, so that it is the same in every language. Screens are measured by
 * tests/e2e/states.test.ts and photographed by bench/pictures/states.mts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { ballotCard } from '../../bot/views/ballot.js';
import { progressCard } from '../../bot/views/progress.js';
import { encodePng } from '../../src/images/png.js';
import { postDuels } from './duel-round.js';
import { makeBallots, makeImages, makeRound } from './rows.js';
import { until } from './wait.js';
import { WebApp } from './web-app.js';

export const screens = [
  { name: 'large', viewport: { width: 1366, height: 768 }, phone: false },
  { name: 'phone', viewport: { width: 390, height: 844 }, phone: true },
];
export const languages = ['en', 'ja'];
export const schemes = ['light', 'dark'] as const;

/** Soft hills of one colour after the other, so that pictures are told apart. */
async function hills(file: string, i: number): Promise<void> {
  const size = 96;
  const hue = (i * 137.5 * Math.PI) / 180;
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const far = Math.sin(x / 9 + i) * 8 + 48 < y ? 0.45 : 1;
      for (let c = 0; c < 3; c++)
        data[(y * size + x) * 3 + c] = (150 + 90 * Math.cos(hue + c * 2.1)) * far * (0.7 + (0.3 * y) / size);
    }
  writeFileSync(file, await encodePng({ width: size, height: size, data }));
}

/**
 * An app with a closed round, its outcome and story, an open one, a gallery, a round being drawn, and a
 * session that has ended.
 */
export async function appOfStates(dir: string): Promise<WebApp> {
  const pictures = Array.from({ length: 36 }, (_, i) => join(dir, `${i}.png`));
  for (const [i, file] of pictures.entries()) await hills(file, i);
  const others = ['birds', 'pairs', 'drawing', 'old'];
  const status = () => ({
    sessions: [
      app.status(),
      ...others.map((channel) => ({
        ...app.status(),
        id: channel,
        channel,
        prompt: `${channel} of a far country, seen from above in the last light of a long day`,
        state: channel === 'old' ? ('ended' as const) : ('active' as const),
        roundState: channel === 'drawing' ? 'generating' : 'open',
      })),
    ],
  });
  const app: WebApp = new WebApp({ dir, pictures, guarded: true, web: { status } });
  await app.start();
  await app.open();
  await app.close(app.rounds[0]!);
  await app.story();
  await app.close(app.rounds[1]!);
  await gallery(app, pictures);
  await postDuels(app, pictures.slice(0, 8));
  await drawing(app);
  const old = { ...app.session, id: 'old' };
  const round = makeRound(old, 1, { state: 'done' });
  for (const ballot of makeBallots(old, round))
    await app.platform.post(
      'old',
      ballotCard({
        session: old,
        round,
        ballot: { ...ballot, state: 'closed' },
        images: makeImages(round, (i) => pictures[i]!),
        dir: '/',
        file: null,
        sheets: 2,
      }),
    );
  return app;
}

async function gallery(app: WebApp, pictures: string[]): Promise<void> {
  const session = { ...app.session, id: 'birds', prompt: 'a bird on a wire' };
  const round = makeRound(session, 1, { state: 'open', count: 6 });
  const images = makeImages(round, (i) => pictures[i]!);
  const [first] = makeBallots(session, round);
  for (let i = 0; i < 6; i++) {
    const ballot = { ...first!, id: `${round.id}.g${i}`, style: 'gallery' as const, sheet: i, cells: [i] };
    await app.platform.post(
      'birds',
      ballotCard({ session, round, ballot, images, dir: '/', file: pictures[i]!, sheets: 6 }),
    );
  }
}

async function drawing(app: WebApp): Promise<void> {
  const session = { ...app.session, id: 'drawing' };
  const round = makeRound(session, 1, { state: 'generating' });
  const at = { stage: 'sample', done: 7, total: 20, secondsLeft: 42, state: 'running' as const };
  const job = {
    ...at,
    kind: 'generate' as const,
    key: '',
    session: '',
    round: 1,
    attempt: 1,
    error: null,
    at: 0,
  };
  const bar = { kind: 'generate' as const, is: 'running' as const };
  await app.platform.post('drawing', progressCard({ key: 'drawing', session, round, bar, job }));
}

export interface State {
  name: string;
  channel?: string;
  /** Only where the sidebar is a drawer. */
  phone?: boolean;
  /** Before the page opens; what it keeps. */
  kept?: Record<string, unknown>;
  reach?: (page: Page) => Promise<void>;
}

const cell = (page: Page, n: number) => page.locator('.round-open button.cell-picture').nth(n);
const into = (page: Page, of: string) => page.locator(of).last().scrollIntoViewIfNeeded();
const enlarge = async (page: Page, n: number) => {
  await cell(page, n).focus();
  await page.keyboard.press('Enter');
  await page.locator('.lightbox[open] img').waitFor();
};
const say = async (page: Page, text: string) => {
  await page.locator('#say').fill(text);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
};

/** Whoever looks at these has agreed; those before that say so. */
export const states: readonly State[] = [
  { name: 'round' },
  {
    name: 'asked-before-done',
    reach: async (page) => {
      await page.keyboard.press('Control+Enter');
      await page.locator('.round-bar-ask').waitFor();
    },
  },
  {
    name: 'marked',
    reach: async (page) => {
      for (const n of [0, 2, 10]) await cell(page, n).click();
      await page.locator('.round-open .star').nth(2).click({ force: true });
      await page.locator('.bar-best').waitFor();
    },
  },
  { name: 'large', reach: (page) => enlarge(page, 1) },
  {
    name: 'large-got',
    reach: async (page) => {
      await page.locator('.round-closed button.cell-picture').first().click();
      await page.locator('.lightbox-got').waitFor();
    },
  },
  {
    name: 'report',
    reach: async (page) => {
      await enlarge(page, 1);
      await page.keyboard.press('f');
      await page.locator('.button-grave').waitFor();
    },
  },
  { name: 'closed', reach: (page) => into(page, '.round-closed') },
  { name: 'outcome', reach: (page) => into(page, '.outcome') },
  {
    name: 'guards',
    reach: async (page) => {
      await page.locator('.outcome .alike-buttons button').last().click();
      await page.locator('.reply .notice-buttons button').nth(1).scrollIntoViewIfNeeded();
    },
  },
  { name: 'story', reach: (page) => into(page, '.story-plot') },
  { name: 'gallery', channel: 'birds' },
  { name: 'duel', channel: 'pairs' },
  { name: 'duel-alone', channel: 'duel', reach: (page) => page.locator('.duel-act').first().waitFor() },
  { name: 'drawing', channel: 'drawing' },
  { name: 'ended', channel: 'old' },
  { name: 'help', reach: (page) => page.locator('.composer .icon-button').first().click() },
  {
    name: 'begin',
    reach: async (page) => {
      await drawerOf(page);
      await page.locator('.side-new').first().click();
      await page.locator('.start').waitFor();
    },
  },
  {
    name: 'favourites',
    reach: async (page) => {
      await enlarge(page, 1);
      await page.locator('.lightbox-take button').first().click();
      await page.keyboard.press('Escape');
      await drawerOf(page);
      await page.locator('.side-new').nth(1).click();
      await page.locator('.favourites img').first().waitFor();
    },
  },
  {
    name: 'commands',
    reach: async (page) => {
      await page.locator('#say').fill('/acclaim ');
      await page.locator('.choices li').first().waitFor();
    },
  },
  {
    name: 'answer',
    reach: async (page) => {
      await say(page, '/acclaim help');
      await page.locator('.reply').waitFor();
    },
  },
  {
    name: 'banners',
    kept: {
      late: [{ of: 'x', round: 1, names: ['A1', 'A2', 'B7'], count: 3 }],
      archived: ['birds'],
    },
    reach: (page) => page.locator('.banner-late').waitFor(),
  },
  { name: 'drawer', phone: true, kept: { archived: ['birds'] }, reach: (page) => drawerOf(page) },
  {
    name: 'consent',
    reach: async (page) => {
      // As one who has not agreed yet, whatever the server knows of this browser.
      await page.evaluate(
        'fetch("/api/consent", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ channel: "cat", given: false }) })',
      );
      await page.reload();
      await cell(page, 4).click();
      await page.locator('dialog[open] .button-main').waitFor();
    },
  },
];

async function drawerOf(page: Page): Promise<void> {
  const button = page.locator('.top .only-phone');
  if (!(await button.isVisible())) return;
  await button.click();
  await page.locator('.frame[data-drawer="open"]').waitFor();
  await page.evaluate(
    'Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => 0)',
  );
}

/** Whoever looks at the states has agreed; once for a context. */
export async function agree(context: BrowserContext, url: string): Promise<void> {
  await context.request.get(url);
  await context.request.post(`${url}/api/consent`, {
    data: { channel: 'cat', given: true },
    headers: { origin: url },
  });
}

/** Opens a new page in a state. */
export async function show(page: Page, url: string, state: State): Promise<void> {
  const kept = JSON.stringify(state.kept ?? {});
  await page.addInitScript(
    `localStorage.clear(); for (const [name, value] of Object.entries(${kept})) localStorage.setItem('acclaim.' + name, JSON.stringify(value))`,
  );
  await page.goto(`${url}/#${state.channel ?? 'cat'}`);
  await page.locator('.feed article, .duel-page').first().waitFor();
  await state.reach?.(page);
  // What is far below is fetched when somebody comes near it.
  const shown = `[...document.querySelectorAll('.feed img, .duel-page img, dialog[open] img')]
    .filter((one) => {
      const { width, top, bottom } = one.getBoundingClientRect();
      return width > 0 && bottom > 0 && top < innerHeight && one.checkVisibility();
    })
    .every((one) => one.src && one.complete)`;
  await until(() => page.evaluate<boolean>(shown), `the pictures of ${state.name}`);
}
