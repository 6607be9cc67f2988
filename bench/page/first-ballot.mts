// How long does somebody wait on a slow line for a first ballot that can be marked? The page in Chromium with
// an empty cache, its network held by DevTools to a latency and a rate; behind it the tests' small app with a
// round of 18 that is open. Counted are requests, kilobytes and seconds until the first picture can be
// pressed, and until all pictures of the first sheet are there; once more with what the cache keeps. Usage:
// npm run bench -- page/first-ballot [--latency 400] [--mbits 1.6] [--turns 3] [--out FILE]; needs the sources
// and a Chromium.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';
import sharp from 'sharp';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { WebApp } from '../../tests/support/web-app.js';
import { machine, markdown, median } from '../lib/table.mjs';

const { values: options } = parseArgs({
  options: {
    latency: { type: 'string', default: '400' },
    mbits: { type: 'string', default: '1.6' },
    turns: { type: 'string', default: '3' },
    out: { type: 'string', default: projectPath('bench/out/first-ballot.json') },
  },
});
const line = {
  offline: false,
  latency: Number(options.latency),
  downloadThroughput: (Number(options.mbits) * 1e6) / 8,
  uploadThroughput: (Number(options.mbits) * 1e6) / 16,
};

/** About as hard to press together as a drawn picture: soft shapes with a grain over them. */
async function picture(file: string, size: number, seed: number): Promise<void> {
  let state = seed;
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const raw = { width: 8, height: 8, channels: 3 as const };
  const shapes = sharp(
    Uint8Array.from({ length: 8 * 8 * 3 }, () => random() * 255),
    { raw },
  );
  const soft = await shapes.resize(size, size, { kernel: 'cubic' }).raw().toBuffer();
  const grained = soft.map((value) => Math.max(0, Math.min(255, value + (random() - 0.5) * 16)));
  await sharp(grained, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toFile(file);
}

const pressable = `document.querySelector('.round-open .cell-picture')?.matches(':enabled') === true`;
const sheetThere = `(() => {
  const all = [...document.querySelectorAll('.round-open .sheet:first-child .cell-picture img')];
  return all.length === 9 && all.every((one) => one.complete && one.naturalWidth > 0);
})()`;

/** One visit: what was asked for until the sheet is there. */
interface Visit {
  press: number;
  sheet: number;
  requests: number;
  kb: number;
}

async function visit(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', line);
  let bytes = 0;
  // Those that went over the line: what is in the document or the cache went not.
  const sent = new Set<string>();
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.url.startsWith('http')) sent.add(requestId);
  });
  devtools.on('Network.requestServedFromCache', ({ requestId }) => sent.delete(requestId));
  devtools.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.fromDiskCache) sent.delete(requestId);
  });
  devtools.on('Network.dataReceived', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const began = performance.now();
  const opened = page.goto(url, { waitUntil: 'commit' });
  const until = async (met: string) => {
    while (!(await page.evaluate(met))) await wait(20);
    return (performance.now() - began) / 1e3;
  };
  await opened;
  const press = await until(pressable);
  const sheet = await until(sheetThere);
  const seen = { press, sheet, requests: sent.size, kb: bytes / 1024 };
  await page.close();
  return seen;
}

const sizes: Record<number, Record<'first' | 'again', Visit[]>> = {};
const report = { machine: machine(), line, sizes };
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
try {
  for (const size of [64, 512]) {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-first-ballot-'));
    const pictures = Array.from({ length: 18 }, (_, i) => join(dir, `${i}.png`));
    for (const [i, file] of pictures.entries()) await picture(file, size, i + 1);
    const app = new WebApp({ dir, pictures });
    await app.start();
    await app.open();
    const visits: { first: Visit[]; again: Visit[] } = { first: [], again: [] };
    for (let turn = 0; turn < Number(options.turns); turn++) {
      const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
      visits.first.push(await visit(context, app.platform.url));
      visits.again.push(await visit(context, app.platform.url));
      await context.close();
    }
    report.sizes[size] = visits;
    await app.platform.stop();
    rmSync(dir, { recursive: true, force: true });
  }
} finally {
  await browser.close();
}

const rows = Object.entries(report.sizes).flatMap(([size, visits]) =>
  Object.entries(visits).map(([which, list]) => {
    const of = (key: keyof Visit) => median(list.map((one) => one[key]));
    return [
      `${size}x${size}, ${which === 'first' ? 'empty cache' : 'the next visit'}`,
      of('requests'),
      of('kb').toFixed(0),
      `${of('press').toFixed(1)} s`,
      `${of('sheet').toFixed(1)} s`,
    ];
  }),
);
console.log(
  `${report.machine}; ${options.latency} ms, ${options.mbits} Mbit/s, median of ${options.turns}.\n`,
);
console.log(
  markdown(['pictures', 'requests', 'KB', 'a picture can be pressed', 'the first sheet is there'], rows),
);
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 1));
