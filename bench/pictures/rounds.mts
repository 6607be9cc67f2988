/**
 * Makes the README's moving picture: `npm run bench -- pictures/rounds` writes docs/images/rounds.webp.
 * `acclaim start` runs in an empty folder with its defaults; one voter marks the black cats on the page in
 * three rounds, and the page is photographed meanwhile. Two minutes on two cores; needs a Chromium (CHROMIUM,
 * or on the PATH). Fails above two megabytes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { isDark, pictureOf } from './cats.mjs';

const ROUNDS = 3;
const LARGEST = 2e6;
const size = { width: 1366, height: 768 };
const data = mkdtempSync(join(tmpdir(), 'acclaim-rounds-'));
const args = [
  'start',
  '--port',
  '0',
  '--data',
  data,
  '--seed',
  '4',
  '--task',
  'cat',
  '--set',
  'logLevel=error',
];
const app = spawn(process.execPath, [projectPath('dist/src/acclaim.js'), ...args], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(app, 'exit');
const shots: { png: Buffer; delay: number }[] = [];
let browser: Browser | undefined;

try {
  const url = await address();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  const page = await browser.newPage({ viewport: size, colorScheme: 'dark', reducedMotion: 'reduce' });
  page.setDefaultTimeout(2 * 60_000);
  await page.goto(url);
  for (let round = 1; round <= ROUNDS; round++) await vote(page, round);
  await begun(page, ROUNDS + 1);
  await shoot(page, 4000);
  const bytes = await sharp(
    shots.map(({ png }) => png),
    { join: { animated: true } },
  )
    .webp({ quality: 60, effort: 6, delay: shots.map(({ delay }) => delay), loop: 0 })
    .toBuffer();
  if (bytes.length > LARGEST)
    throw new Error(`the moving picture has ${bytes.length} bytes, more than ${LARGEST}`);
  writeFileSync(projectPath('docs/images/rounds.webp'), bytes);
  process.stdout.write(`rounds.webp: ${shots.length} frames, ${Math.round(bytes.length / 1024)} KB\n`);
} finally {
  await browser?.close();
  app.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

/** The page's address, which the start prints. */
async function address(): Promise<string> {
  for await (const line of createInterface({ input: app.stdout })) {
    const found = /https?:\/\/[\w.:[\]-]+/.exec(line);
    if (found) return found[0];
  }
  throw new Error('the start printed no address');
}

/** Waits until the round's ballot is open and all its pictures are there. */
async function begun(page: Page, round: number): Promise<void> {
  await page
    .locator('.round-open')
    .getByRole('heading', { name: new RegExp(`Round ${round}\\b`) })
    .waitFor();
  for (const picture of await page.locator('.round-open .cell-picture img').all())
    await picture.evaluate(async (img) => {
      // Those of a sheet come together, a little later.
      while (!img.complete || img.naturalWidth === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    });
}

async function vote(page: Page, round: number): Promise<void> {
  await begun(page, round);
  const offer = page.getByRole('button', { name: 'No', exact: true });
  if (round === 2 && (await offer.isVisible())) await offer.click();
  await shoot(page, 1500);
  const cells = await page.locator('.round-open .cell-picture').all();
  const dark = await Promise.all(cells.map(async (cell) => isDark(await pictureOf(cell))));
  const good = cells.filter((_, i) => dark[i]);
  for (const [i, cell] of good.entries()) {
    await cell.click();
    if (round === 1 && i === 0) await agree(page);
    if (i % 3 === 2) await shoot(page, 300);
  }
  await shoot(page, 900);
  await page.getByRole('button', { name: /^Done/ }).click();
  const anyway = page.getByRole('button', { name: /nothing was good|none/i });
  if (good.length === 0 && (await anyway.isVisible())) await anyway.click();
  await page.locator('.round-open').waitFor({ state: 'detached' });
  await page.waitForTimeout(3000);
  await shoot(page, 1500);
}

async function agree(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /agree/i }).first();
  await button.waitFor();
  await shoot(page, 1200);
  await button.click();
  await button.waitFor({ state: 'hidden' });
}

/** `delay`: how long it is shown, ms. */
async function shoot(page: Page, delay: number): Promise<void> {
  const png = await sharp(await page.screenshot())
    .resize(880)
    .png()
    .toBuffer();
  shots.push({ png, delay });
}
