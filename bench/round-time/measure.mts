// How long does an honest round of 18 take a voter? A scripted one with human delays marks the same seven
// good pictures, names the best and is done: by mouse, by keys, by touch, and by the numbers below the
// sheets. Acts and seconds of each; a drawn line is one act, a swipe too. The page is real, in Chromium;
// behind it is the tests' small app, which draws at once. Usage: npm run bench -- round-time/measure [--delay
// 300] [--out FILE]; needs a Chromium.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium, type Locator, type Page } from 'playwright-core';
import { projectPath } from '../../src/files/paths.js';
import { encodePng } from '../../src/images/png.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { WebApp } from '../../tests/support/web-app.js';
import { machine, markdown } from '../lib/table.mjs';

const { values: options } = parseArgs({
  options: {
    delay: { type: 'string', default: '300' },
    out: { type: 'string', default: projectPath('bench/out/round-time.json') },
  },
});
const delay = Number(options.delay);
const good = ['A2', 'A5', 'A6', 'B1', 'B2', 'B3', 'B8'];
const best = 'B2';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-round-time-'));
const file = join(dir, 'picture.png');
writeFileSync(file, await encodePng({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) }));
const app = new WebApp({ dir, pictures: [file] });
await app.start();
await app.open();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });

/** Acts of one voter on one page, each after the time that a hand takes. */
class Voter {
  acts = 0;
  readonly round: Locator;
  constructor(private readonly page: Page) {
    this.round = page.locator('.round-open');
  }
  async act(what: () => Promise<unknown>): Promise<void> {
    await wait(delay);
    await what();
    this.acts += 1;
  }
  picture = (cell: string) => this.round.getByRole('button', { name: new RegExp(`^Picture ${cell}:`) });
  star = () => this.round.getByRole('button', { name: `${best} is the best of the round` });
  done = () => this.page.locator('.round-bar .button-main');
  key = (key: string) => this.act(() => this.page.keyboard.press(key));
  /** Draws the mouse over them. */
  over = (cells: readonly string[]) =>
    this.act(async () => {
      for (const [i, cell] of cells.entries()) {
        const { x, y, width, height } = (await this.picture(cell).boundingBox())!;
        await this.page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
        if (i === 0) await this.page.mouse.down();
        else await wait(delay / 4);
      }
      await this.page.mouse.up();
    });
  /** A finger brings what is not to be seen into sight. */
  async tap(at: Locator): Promise<void> {
    const seen = () =>
      at.evaluate((el) => {
        const { top, bottom } = el.getBoundingClientRect();
        const feed = el.closest('.feed')?.getBoundingClientRect();
        return !feed || (top >= feed.top && bottom <= feed.bottom);
      });
    if (!(await seen())) await this.act(() => at.scrollIntoViewIfNeeded());
    await this.act(() => at.tap());
  }
}

const ways: Readonly<Record<string, (v: Voter) => Promise<void>>> = {
  async mouse(v) {
    await v.act(() => v.picture('A2').click());
    await v.over(['A5', 'A6']);
    await v.over(['B1', 'B2', 'B3']);
    await v.act(() => v.picture('B8').click());
    await v.act(() => v.star().click());
    await v.act(() => v.done().click());
  },
  async 'mouse, press by press'(v) {
    for (const cell of good) await v.act(() => v.picture(cell).click());
    await v.act(() => v.star().click());
    await v.act(() => v.done().click());
  },
  async 'mouse, numbers'(v) {
    const chip = (cell: string) => v.round.getByRole('button', { name: `${cell} is good`, exact: true });
    for (const cell of good) await v.act(() => chip(cell).click());
    await v.act(() => v.star().click());
    await v.act(() => v.done().click());
  },
  async keyboard(v) {
    for (const key of ['2', '5', '6', 'b', '1', '2', '3', '8', 'ArrowRight', 's', 'Control+Enter'])
      await v.key(key);
  },
  async touch(v) {
    for (const cell of good) await v.tap(v.picture(cell));
    await v.tap(v.star());
    await v.tap(v.done());
  },
};

const found: Record<string, { acts: number; seconds: number }> = {};
const report = { machine: machine(), delay, ways: found };
try {
  for (const [name, vote] of Object.entries(ways)) {
    const phone = name === 'touch';
    const viewport = phone ? { width: 390, height: 844 } : { width: 1366, height: 768 };
    const context = await browser.newContext({ viewport, hasTouch: phone, isMobile: phone });
    const page = await context.newPage();
    await page.goto(app.platform.url);
    await page.locator('.round-open .cell-picture').nth(17).waitFor();
    // Whoever votes has agreed before.
    await page.evaluate(
      `fetch('/api/consent', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"channel":"cat","given":true}' })`,
    );
    await page.reload();
    await page.locator('.round-open .cell-picture').nth(17).waitFor();
    const number = app.rounds.length;
    const voter = new Voter(page);
    const began = performance.now();
    await vote(voter);
    await page.getByRole('heading', { name: `Round ${number} is closed` }).waitFor();
    const seconds = (performance.now() - began) / 1e3;
    const { cells, best: named } = app.rounds[number - 1]!.outcome!;
    const nameOf = (index: number) => `${'AB'[Math.floor(index / 9)]}${(index % 9) + 1}`;
    const counted = cells.flatMap(({ index, up }) => (up > 0 ? [nameOf(index)] : []));
    if (counted.join() !== good.join() || named === null || nameOf(named) !== best)
      throw new Error(`by ${name} ${counted.join(' ')}, best ${named}, was counted`);
    report.ways[name] = { acts: voter.acts, seconds };
    await context.close();
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (app.rounds.length <= number || app.rounds.at(-1)!.state !== 'open') return;
        clearInterval(look);
        resolve();
      }, 20);
    });
  }
  const rows = Object.entries(report.ways).map(([name, { acts, seconds }]) => [
    name,
    acts,
    seconds.toFixed(1),
  ]);
  console.log(markdown(['by', 'acts', 'seconds'], rows));
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, JSON.stringify(report, null, 2));
} finally {
  await browser.close();
  await app.platform.stop();
  rmSync(dir, { recursive: true, force: true });
}
