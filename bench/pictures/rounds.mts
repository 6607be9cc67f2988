/**
 * Makes the README's moving picture: `node bench/pictures/rounds.mjs` writes docs/images/rounds.webp.
 * `acclaim start` runs in an empty folder with its defaults; one voter marks the black cats on the page in
 * three rounds, and the page is photographed meanwhile. Two minutes on two cores; needs a Chromium (CHROMIUM,
 * or on the PATH). Fails above two megabytes.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { isDark } from './cats.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
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
const app = spawn(process.execPath, [join(root, 'dist/src/acclaim.js'), ...args], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(app, 'exit');
const shots = [];
let browser;

try {
  const url = await address();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? onThePath(),
    args: ['--no-sandbox'],
  });
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
  writeFileSync(join(root, 'docs/images/rounds.webp'), bytes);
  process.stdout.write(`rounds.webp: ${shots.length} frames, ${Math.round(bytes.length / 1024)} KB\n`);
} finally {
  await browser?.close();
  app.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

/** Where a Chromium is. */
function onThePath() {
  const found = 'command -v chromium || command -v chromium-browser || command -v google-chrome';
  return execFileSync('sh', ['-c', found], { encoding: 'utf8' }).trim();
}

/** The page's address, which the start prints. */
async function address() {
  for await (const line of createInterface({ input: app.stdout })) {
    const found = /https?:\/\/[\w.:[\]-]+/.exec(line);
    if (found) return found[0];
  }
  throw new Error('the start printed no address');
}

/** Waits until the round's ballot is open and all its pictures are there. */
async function begun(page, round) {
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

async function vote(page, round) {
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

/** The cell's own picture, wherever it stands on the page. */
async function pictureOf(cell) {
  const src = await cell.locator('img[src]').evaluate((img) => img.src);
  // A sheet's pictures come together, and stand in the page itself.
  return Buffer.from(await (await fetch(src)).arrayBuffer());
}

async function agree(page) {
  const button = page.getByRole('button', { name: /agree/i }).first();
  await button.waitFor();
  await shoot(page, 1200);
  await button.click();
  await button.waitFor({ state: 'hidden' });
}

async function shoot(page, delay) {
  const png = await sharp(await page.screenshot())
    .resize(880)
    .png()
    .toBuffer();
  shots.push({ png, delay });
}
