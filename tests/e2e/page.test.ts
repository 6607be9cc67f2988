/**
 * The page end to end: the real `acclaim start` with its engine, two people in headless Chromium (one at a
 * desk, one on a phone in the dark). They vote, change their minds and withdraw; the round closes, the
 * miniature learns, the next round opens. One story in order: each test goes on where the one before it
 * ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionStatus, StatusBody } from '../../bot/platforms/web/options.js';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { say } from '../support/composer.js';

const settings = [
  'session.images=4',
  'session.cells=2',
  'sampler.steps=3',
  'votes.quorum=2',
  'votes.settleSeconds=15',
  'learner.steps=2',
  'learner.batch=4',
  'learner.microBatch=4',
  'engine.threads=1',
];

/** What only a fault takes, even where the engine gets little of the machine. */
const LONG = 300_000;

const dir = mkdtempSync(join(tmpdir(), 'acclaim-page-'));
let server: ChildProcess;
let url = '';
let browser: Browser;
let ann: Page;
let bea: Page;
const faults: string[] = [];

async function start(port: number): Promise<void> {
  const args = [
    projectPath('dist/src/acclaim.js'),
    'start',
    '--port',
    String(port),
    '--data',
    dir,
    '--seed',
    '7',
  ];
  server = spawn(process.execPath, [...args, ...settings.flatMap((s) => ['--set', s])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  server.stderr!.on('data', (bytes) => (text += String(bytes)));
  url = await new Promise<string>((resolve, reject) => {
    server.stdout!.on('data', (bytes) => {
      const found = /http:\/\/\S+/.exec(String(bytes));
      if (found) resolve(found[0]);
    });
    server.once('exit', (code) => reject(new Error(`acclaim start ended with ${code}: ${text}`)));
  });
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const gone = once(server, 'exit');
  server.kill(signal);
  await gone;
}

async function visit(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A line that breaks because the server is gone is told by the page itself.
    if (
      message.type() === 'error' &&
      !/ERR_CONNECTION|Failed to load resource|ERR_INCOMPLETE|ERR_EMPTY/.test(message.text())
    ) {
      faults.push(message.text());
    }
  });
  await page.goto(url);
  return page;
}

const sheet = (page: Page, name: string) => page.getByRole('region', { name: `Sheet ${name}` }).last();
const chip = (page: Page, cell: string) =>
  sheet(page, cell[0]!).getByRole('button', { name: `${cell} is good`, exact: true });
const star = (page: Page, cell: string) =>
  sheet(page, cell[0]!).getByRole('button', { name: `${cell} is the best of the round` });
const none = (page: Page, name: string) => sheet(page, name).locator('[data-emoji=none]');
/** The picture itself, which a press marks. */
const picture = (page: Page, cell: string) =>
  sheet(page, cell[0]!).getByRole('button', { name: new RegExp(`^Picture ${cell}:`) });
const pressed = (locator: ReturnType<typeof chip>) => locator.getAttribute('aria-pressed');
const status = async (): Promise<SessionStatus> =>
  ((await (await fetch(`${url}/api/status`)).json()) as StatusBody).sessions[0]!;

async function until<T>(what: () => Promise<T>, good: (value: T) => boolean, seconds = 60): Promise<T> {
  for (let left = seconds * 10; ; left--) {
    const value = await what();
    if (good(value) || left <= 0) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(async () => {
  await start(0);
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  ann = await visit({
    viewport: { width: 1280, height: 860 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  bea = await visit({
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    hasTouch: true,
    isMobile: true,
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  if (server && server.exitCode === null && server.signalCode === null) await end('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

// One story in order, in which a step that waits for the engine may take minutes on a machine with much else
// to do.
describe('the page', { timeout: 2 * LONG }, () => {
  it('shows a first round of real pictures to everyone, in a channel of its session', async () => {
    for (const page of [ann, bea]) {
      await sheet(page, 'B').waitFor();
      const widths = () =>
        page.evaluate<number[]>(
          '[...document.querySelectorAll(".cell-picture img")].map((img) => img.naturalWidth)',
        );
      expect(await until(widths, (w) => w.length === 4 && w.every((n) => n > 0))).toEqual([64, 64, 64, 64]);
      // Pictures fill their cells, and no cell lies over what comes after the sheet's pictures.
      const boxes = await sheet(page, 'B').evaluate((el) => {
        const box = (of: typeof el) => of.getBoundingClientRect();
        const cells = [...el.querySelectorAll('.cell')];
        return {
          pictures: cells.map((cell) => box(cell.querySelector('.cell-picture')!).height - box(cell).height),
          end: Math.max(...cells.map((cell) => box(cell).bottom)),
          chips: box(el.querySelector('.chips')!).top,
        };
      });
      expect(boxes.pictures.every((rest) => Math.abs(rest) < 1)).toBe(true);
      expect(boxes.end).toBeLessThanOrEqual(boxes.chips);
    }
    const { channel, prompt } = await status();
    await expect.poll(() => ann.getByRole('heading', { level: 1 }).textContent()).toBe(`#${channel}`);
    await expect.poll(() => ann.locator('.top p').textContent()).toBe(prompt);
  });

  it('asks for consent at the first mark, which waits in the browser until then', async () => {
    await chip(ann, 'A1').click();
    const dialog = ann.getByRole('dialog', { name: 'Before your first vote' });
    await dialog.getByRole('button', { name: 'Not now' }).click();
    expect((await status()).voters).toBe(0);
    await ann.reload();
    await sheet(ann, 'A').waitFor();
    await expect.poll(() => pressed(chip(ann, 'A1'))).toBe('true');
    await ann.getByRole('button', { name: 'Vote with them' }).click();
    await dialog.getByRole('button', { name: 'Agree and vote' }).click();
    expect((await until(status, (s) => s.voters === 1)).voters).toBe(1);
  });

  it('lets two people vote, change and withdraw, and neither sees the other', async () => {
    // Her line is slow: who has agreed goes on marking, and is not asked again before the server has heard of
    // it.
    let told = () => {};
    const heard = new Promise<void>((resolve) => (told = resolve));
    await bea.route('**/api/consent', async (route) => {
      await heard;
      await route.continue();
    });
    await picture(bea, 'A1').tap();
    await bea.getByRole('button', { name: 'Agree and vote' }).click();
    await picture(bea, 'A2').tap();
    expect(await bea.getByRole('dialog', { name: 'Before your first vote' }).count()).toBe(0);
    told();
    await picture(bea, 'A2').tap();
    await star(bea, 'A1').tap();
    await star(bea, 'B1').tap();
    await expect.poll(() => pressed(star(bea, 'A1'))).toBe('false');
    // Ann changes from A1 to A2 with the keyboard; on the other sheet from nothing good to B1.
    await chip(ann, 'A1').focus();
    await ann.keyboard.press('1');
    await ann.keyboard.press('2');
    await none(ann, 'B').click();
    await chip(ann, 'B1').click();
    await until(status, (s) => s.voters === 2);
    await ann.reload();
    await bea.reload();
    await sheet(ann, 'B').waitFor();
    await sheet(bea, 'B').waitFor();
    const marks = async (page: Page) =>
      Promise.all(
        ['A1', 'A2', 'B1', 'B2'].map(async (cell) => `${cell} ${await pressed(picture(page, cell))}`),
      );
    await expect.poll(() => marks(ann)).toEqual(['A1 false', 'A2 true', 'B1 true', 'B2 false']);
    await expect.poll(() => marks(bea)).toEqual(['A1 true', 'A2 false', 'B1 true', 'B2 false']);
    await expect.poll(() => pressed(none(ann, 'B'))).toBe('false');
    await expect.poll(() => pressed(star(bea, 'B1'))).toBe('true');
    for (const page of [ann, bea]) expect(await page.locator('.got').count()).toBe(0);
    expect((await status()).approval).toEqual([]);
  });

  it('enlarges a picture, goes on by arrow keys and gives the focus to the picture seen last', async () => {
    await picture(ann, 'A2').focus();
    await ann.keyboard.press('Enter');
    const box = ann.getByRole('dialog', { name: 'Picture, enlarged' });
    await box.getByText('A2', { exact: true }).waitFor();
    await box.getByRole('button', { name: 'Good', pressed: true }).waitFor();
    await ann.keyboard.press('ArrowRight');
    await box.getByText('B1', { exact: true }).waitFor();
    await ann.keyboard.press('Escape');
    await box.waitFor({ state: 'hidden' });
    const focus = () => ann.evaluate<string>('document.activeElement.getAttribute("aria-label")');
    expect(await until(focus, (at) => at?.startsWith('Picture B1:'))).toMatch(/^Picture B1:/);
  });

  it('answers wrong commands kindly, and only to who asked', async () => {
    const said: [string, RegExp][] = [
      ['/acclaim dance', /do not know.*dance/],
      ['/acclaim sesion status', /Did you mean.*session status/],
      ['/acclaim best Z9', /no picture Z9/],
      ['/acclaim best', /needs cell/],
      ['hello there', /begin with \/acclaim/],
    ];
    for (const [text, answer] of said) {
      await say(ann, text);
      await ann.locator('.reply').filter({ hasText: answer }).first().waitFor();
    }
    await say(ann, '/help');
    await ann.locator('.reply').filter({ hasText: '/acclaim session start' }).first().waitFor();
    expect(await bea.locator('.reply').count()).toBe(0);
  });

  it('completes commands', async () => {
    const field = ann.getByRole('combobox', { name: 'Command' });
    await field.fill('/ses');
    await ann.getByRole('option', { name: /session status/ }).waitFor();
    await field.press('ArrowDown');
    await field.press('Tab');
    await expect.poll(() => field.inputValue()).toMatch(/^\/acclaim session \w+ $/);
    await field.fill('/acclaim settings quorum ');
    await ann.getByRole('option', { name: 'default' }).waitFor();
    // What only the server knows: models of this machine, tasks by name.
    await field.fill('/acclaim model use m');
    await ann.getByRole('option', { name: 'mini' }).waitFor();
    await field.fill('/acclaim session start --model m');
    await ann.getByRole('option', { name: 'mini' }).waitFor();
    await field.fill('/acclaim session start ro');
    await ann.getByRole('option', { name: 'rose' }).waitFor();
    await field.fill('');
  });

  it('closes when both are done, tells the outcome, learns, and opens the next round', async () => {
    await ann.getByRole('button', { name: 'Done' }).click();
    const finished = '1 of 2 has finished, waiting for 1';
    await ann.getByText(finished).waitFor();
    await bea.getByText(finished).waitFor();
    await ann.getByRole('button', { name: 'Close it now' }).waitFor();
    await bea.getByRole('button', { name: 'Done' }).click();
    for (const page of [ann, bea]) {
      await page.getByRole('heading', { name: 'Round 1 is closed' }).waitFor();
      // A1: Bea. A2: Ann. B1: both, and Bea's best.
      await expect
        .poll(() => page.locator('.round-closed .got').allTextContents())
        .toEqual(['1 / 2', '1 / 2', '2 / 2', '0 / 2']);
      await page.locator('.outcome figcaption').getByText('B1 won', { exact: true }).waitFor();
      await page.locator('.outcome-figure strong').getByText('75 %', { exact: true }).waitFor();
      await page
        .locator('.outcome-sub')
        .filter({ hasText: /^4 of 4 pictures judged, 3 liked/ })
        .waitFor();
    }
    const bar = ann.getByRole('progressbar', { name: 'Learning from round 1' });
    const learned = ann.getByText('Learned from round 1', { exact: true });
    await bar.or(learned).first().waitFor();
    for (const page of [ann, bea]) {
      await page.getByRole('heading', { name: 'Round 2', exact: true }).waitFor({ timeout: LONG });
      await page.getByText('Learned from round 1', { exact: true }).waitFor();
      await expect.poll(() => page.getByRole('heading', { name: 'Round 1 is closed' }).count()).toBe(1);
    }
    expect(await until(status, (s) => s.roundState === 'open')).toMatchObject({
      round: 2,
      approval: [0.75],
      voters: 0,
    });
  });

  it('hands out the LoRA, as safetensors in the layout of diffusers', async () => {
    const link = ann.getByRole('link', { name: /LoRA/ }).first();
    const response = await fetch(new URL((await link.getAttribute('href'))!, url));
    const bytes = Buffer.from(await response.arrayBuffer());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
    const names = Object.keys(header).filter((name) => name !== '__metadata__');
    expect(names.length).toBeGreaterThan(10);
    expect(names.every((name) => /^unet\..*lora_[AB]\.weight$/.test(name))).toBe(true);
  });

  it('tells the story', async () => {
    await say(ann, '/acclaim session story');
    await ann.locator('.story svg.plot').first().waitFor();
    await expect.poll(() => ann.locator('.story-side').first().locator('img').count()).toBe(4);
  });

  it('opens a second session by the form, in a channel of its own, which it shows', async () => {
    await ann.getByRole('button', { name: 'New session' }).click();
    const form = ann.getByRole('dialog', { name: 'New session' });
    // What the model is known to draw, and which models there are, the server tells.
    await form.getByRole('button', { name: 'rose', exact: true }).click();
    await form.getByLabel('Model').selectOption('mini');
    await form.getByLabel('Rounds, at most').fill('5');
    await form.getByLabel('What should not be in it').fill('a second "ghost"');
    await form.getByLabel('What should be drawn?').fill('a ghost in a night sky');
    await expect
      .poll(() => form.locator('.start-line code').textContent())
      .toBe(
        `/acclaim session start --model mini --rounds 5 --negative "a second 'ghost'" a ghost in a night sky`,
      );
    await form.getByRole('button', { name: 'Start the session' }).click();
    await form.waitFor({ state: 'hidden' });
    const channels = ann.getByRole('navigation', { name: 'Channels' }).locator('.side-channel');
    await until(
      () => channels.count(),
      (n) => n === 2,
    );
    await ann.locator('.top p').filter({ hasText: 'a ghost in a night sky' }).waitFor();
    await sheet(ann, 'A').waitFor({ timeout: LONG });
    await channels.nth(1).filter({ hasText: 'of 5' }).waitFor();
    const name = new URL(ann.url()).hash.slice(1);
    await expect.poll(() => ann.locator('.reply a.link').getAttribute('href')).toBe(`#${name}`);
    await ann.goBack();
    await ann.getByRole('heading', { name: 'Round 2', exact: true }).waitFor();
    // A session that is named in an answer is a link to it.
    await say(ann, '/acclaim session list');
    await ann.locator('.reply').last().getByRole('link', { name, exact: true }).click();
    await ann.locator('.top p').filter({ hasText: 'a ghost in a night sky' }).waitFor();
    await ann.goBack();
    await ann.getByRole('heading', { name: 'Round 2', exact: true }).waitFor();
  });

  it('survives a server that is killed: the page waits, resumes, and nothing stands twice', async () => {
    const titles = () =>
      bea.locator('article').evaluateAll((all) => all.map((a) => a.getAttribute('aria-label')));
    const before = await titles();
    await end('SIGKILL');
    await bea.getByText('The server does not answer').waitFor();
    await picture(bea, 'B2').tap();
    await expect.poll(() => pressed(picture(bea, 'B2'))).toBe('true');
    await start(Number(new URL(url).port));
    await bea.getByText('The server does not answer').waitFor({ state: 'hidden' });
    // The mark that was made meanwhile has arrived.
    expect((await until(status, (s) => s.voters === 1)).voters).toBe(1);
    await expect.poll(titles).toEqual(before);
  });

  it('fits a phone: nothing sticks out, and the channels are in a drawer', async () => {
    const sizes = await bea.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
    expect(sizes[0]).toBeLessThanOrEqual(sizes[1]);
    const wide = await bea.locator('.feed').evaluate((el) => el.scrollWidth - el.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await bea.getByRole('button', { name: 'Channels' }).click();
    await bea.getByRole('navigation', { name: 'Channels' }).getByText('New session').waitFor();
    await bea.keyboard.press('Escape');
  });

  it('has a dark and a light dress with readable text, and a name for every control', async () => {
    const colours = (page: Page) =>
      page.evaluate<string[]>(
        '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
      );
    for (const page of [ann, bea]) {
      const [ink, paper] = (await colours(page)).map(luminance) as [number, number];
      expect((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)).toBeGreaterThan(7);
      expect(paper > 0.5).toBe(page === ann);
      const nameless = await page.locator('button, a, input, img, [role=progressbar]').evaluateAll((all) =>
        all
          .filter((el) => !el.closest('[aria-hidden=true]'))
          .filter(
            (el) =>
              !(
                el.getAttribute('aria-label') ??
                el.getAttribute('alt') ??
                el.closest('label')?.textContent ??
                el.textContent
              )?.trim(),
          )
          .filter((el) => el.getAttribute('alt') !== '')
          .map((el) => el.outerHTML),
      );
      expect(nameless).toEqual([]);
    }
  });

  it('made no error in either console', () => {
    expect(faults).toEqual([]);
  });
});

/** Relative luminance of `rgb(r, g, b)` (WCAG 2). */
function luminance(colour: string): number {
  const [r, g, b] = colour
    .match(/[\d.]+/g)!
    .map(Number)
    .map((v) => {
      const c = v / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
