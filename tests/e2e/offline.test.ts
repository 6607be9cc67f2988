/**
 * Marks made while the server is away, in a real browser: they wait, survive a reload, are sent, or are named
 * as too late.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { Relay } from '../support/relay.js';
import { until } from '../support/wait.js';
import { WebApp } from '../support/web-app.js';

let dir: string;
let app: WebApp;
let relay: Relay;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-offline-'));
  const picture = join(dir, 'picture.png');
  writeFileSync(picture, await encodePng({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) }));
  app = new WebApp({ dir, pictures: [picture], quorum: 2 });
  await app.start();
  await app.open();
  relay = await Relay.to(Number(new URL(app.platform.url).port));
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`http://127.0.0.1:${relay.port}`);
  await chip('A1').click();
  await page.getByRole('button', { name: 'Agree and vote' }).click();
  await reached(['1']);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await relay?.stop();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const chip = (cell: string) => page.getByRole('button', { name: `${cell} is good`, exact: true });
const star = (cell: string) =>
  page.getByRole('button', { name: `${cell} is the best of the round`, exact: true });
const banner = () => page.locator('.banner');
const late = () => page.locator('.banner-late');
/** What the server was told since the last call, in order. */
const told = () =>
  app.events
    .splice(0)
    .flatMap((event) => (event.kind === 'reaction' ? [event.present ? event.emoji : `-${event.emoji}`] : []));
async function reached(marks: string[]): Promise<void> {
  const seen = () => app.events.filter((event) => event.kind === 'reaction').length;
  await until(() => seen() >= marks.length, `${marks.join()} at the server`);
  // The page has its answer.
  const left = () => page.evaluate('localStorage.getItem("acclaim.waiting")');
  await until(async () => (await left()) === null, 'nothing to wait');
  expect(told()).toEqual(marks);
}

it('sends what was marked while the line was cut once it is back, Done last of all', async () => {
  relay.cut();
  await chip('B2').click();
  await star('B2').click();
  // Nothing is said of sheet A's other pictures; Done stands on the sheet that was marked first.
  await chip('A1').click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Nothing good, done' }).click();
  await banner()
    .getByText('The server does not answer. Your 5 marks wait in this browser; I keep trying.')
    .waitFor();
  expect(app.events).toEqual([]);
  relay.hint();
  await reached(['-1', 'none', '2', 'star-2', 'done']);
  // Whoever was done is asked, once and for all, whether the browser should tell of the next round.
  await banner().getByText('Shall this browser tell you when the next round opens?').waitFor();
  await banner().getByRole('button', { name: 'No' }).click();
  await banner().waitFor({ state: 'detached' });
});

it('keeps trying while a proxy answers for a server that is away, over a reload', async () => {
  await page.route('**/api/react', (route) =>
    route.fulfill({ status: 502, body: '<h1>502 Bad Gateway</h1>' }),
  );
  await chip('A3').click();
  await banner().getByText('The server does not answer. Your 2 marks wait in this browser').waitFor();
  await page.reload();
  await banner().getByText('Your 2 marks wait').waitFor();
  await expect.poll(() => chip('A3').getAttribute('aria-pressed')).toBe('true');
  await page.unroute('**/api/react');
  // Nothing else happens here: the queue itself tries again.
  await reached(['-none', '3']);
  await banner().waitFor({ state: 'detached' });
});

it('takes no answer for a missing one', async () => {
  await page.clock.install();
  let asked = 0;
  await page.route('**/api/react', (route) => {
    asked += 1;
    return asked === 1 ? undefined : route.continue();
  });
  await chip('A4').click();
  await until(() => asked === 1, 'the request');
  await page.clock.fastForward(15_000);
  await banner().getByText('The server does not answer. Your mark waits').waitFor();
  await page.clock.fastForward(2_000);
  await reached(['4']);
  await page.unroute('**/api/react');
  await banner().waitFor({ state: 'detached' });
});

it('is one queue for every tab of the browser', async () => {
  const other = await page.context().newPage();
  await other.goto(page.url());
  const there = other.getByRole('button', { name: 'A6 is good', exact: true });
  await there.waitFor();
  relay.cut();
  await chip('A6').click();
  await other.locator('.chip[aria-pressed=true][aria-label="A6 is good"]').waitFor();
  // Taken back there, before either could send it: the later word holds.
  await there.click();
  await page.locator('.chip[aria-pressed=false][aria-label="A6 is good"]').waitFor();
  relay.hint();
  await banner().waitFor({ state: 'detached' });
  await other.locator('.banner').waitFor({ state: 'detached' });
  await other.close();
  expect(new Set(told())).toEqual(new Set(['-6']));
});

it('names the marks that a round closed without, and says that they do not count, until they are read', async () => {
  relay.cut();
  await chip('A5').click();
  await star('A5').click();
  await chip('A3').click();
  await banner().getByText('Your 4 marks wait').waitFor();
  const closing = app.close(app.rounds[0]!);
  await until(() => app.rounds.length === 2, 'the next round');
  relay.hint();
  // One sheet after the other is told that it came too late.
  await late().locator('p').filter({ hasText: 'B2' }).waitFor();
  await expect
    .poll(() => late().locator('p').allTextContents())
    .toEqual([
      'Round 1 closed before this was sent, and it does not count: A3 good, taken back; A5 good; A5 the best; B2 the best, taken back.',
    ]);
  expect(app.rounds[0]!.outcome!.cells.map(({ up }) => up).slice(0, 6)).toEqual([0, 0, 1, 1, 0, 0]);
  expect(app.rounds[0]!.outcome!.best).toBe(10);
  await page.reload();
  await late().waitFor();
  // What is said of it is over; voting is not.
  await late().getByRole('button', { name: 'I see' }).click();
  await chip('A1').last().click();
  await reached(['1']);
  await expect.poll(() => banner().count()).toBe(0);
  await closing;
});

it('sends no mark to a ballot that is not the one it was made on', async () => {
  await page.route('**/api/react', (route) => route.abort());
  await chip('A2').last().click();
  await banner().getByText('Your mark waits').waitFor();
  // As after the server was set up anew: other ballots have the old ones' numbers.
  await page.evaluate(`(() => {
    const waiting = JSON.parse(localStorage.getItem('acclaim.waiting'));
    localStorage.setItem('acclaim.waiting', JSON.stringify({ ...waiting, epoch: 'another' }));
  })()`);
  await page.reload();
  await late().getByText('1 mark of yours could not be sent').waitFor();
  await expect.poll(() => chip('A2').last().getAttribute('aria-pressed')).toBe('false');
  expect(told()).toEqual([]);
});
