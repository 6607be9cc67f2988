// How many duels does a voter answer in a minute? A scripted one needs 300 ms for an act and takes no time to look;
// by arrow keys, by mouse on the pictures, and by touch on a phone that shows the pairs alone. Each act waits until the
// pair that it is about is there with both its pictures. The page is real, in Chromium; behind it is the tests' small
// app with 18 pictures in 27 pairs. Usage: npm run bench -- page/duels [--delay 300] [--out FILE]; needs a
// Chromium.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { projectPath } from '../../src/files/paths.js';
import { encodePng } from '../../src/images/png.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { postDuels } from '../../tests/support/duel-round.js';
import { WebApp } from '../../tests/support/web-app.js';
import { machine, markdown, median } from '../lib/table.mjs';

const { values: options } = parseArgs({
  options: {
    delay: { type: 'string', default: '300' },
    out: { type: 'string', default: projectPath('bench/out/duels.json') },
  },
});
const delay = Number(options.delay);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-duels-'));
const pictures = Array.from({ length: 18 }, (_, i) => join(dir, `${i}.png`));
for (const [i, file] of pictures.entries()) {
  const data = new Uint8Array(512 * 512 * 3).map((_, at) => (at * (i + 3)) % 251);
  writeFileSync(file, await encodePng({ width: 512, height: 512, data }));
}

/** Both pictures of a pair are there, and it is not the one of which was told before. */
const shown = (before: string) => `(() => {
  const all = [...document.querySelectorAll('.duel-picture img')];
  const pair = document.querySelector('.duel-side')?.dataset.message ?? 'over';
  const there = pair === 'over' || (all.length === 2 && all.every((one) => one.complete && one.naturalWidth > 0));
  return there && pair !== ${JSON.stringify(before)} ? pair : null;
})()`;

interface Way {
  phone: boolean;
  act(page: Page, i: number): Promise<unknown>;
}
const says = ['Left', 'Right', 'Both', 'Neither'];
const ways: Readonly<Record<string, Way>> = {
  'arrow keys': {
    phone: false,
    act: (page, i) => page.keyboard.press(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'][i % 4]!),
  },
  mouse: {
    phone: false,
    act: (page, i) =>
      page
        .locator('.duel-picture')
        .nth(i % 2)
        .click(),
  },
  'touch, alone on a phone': {
    phone: true,
    act: (page, i) => page.getByRole('button', { name: says[i % 4]!, exact: true }).tap(),
  },
};

interface Found {
  votes: number;
  seconds: number;
  /** From an answer to the next pair with both its pictures, ms. */
  next: number;
}
const found: Record<string, Found> = {};
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
try {
  for (const [name, { phone, act }] of Object.entries(ways)) {
    const app = new WebApp({ dir: mkdtempSync(join(dir, 'page-')), pictures });
    await app.start();
    const asked = await postDuels(app, pictures);
    const viewport = phone ? { width: 390, height: 844 } : { width: 1366, height: 768 };
    const context = await browser.newContext({ viewport, hasTouch: phone, isMobile: phone, locale: 'en-GB' });
    const page = await context.newPage();
    // Whoever votes has agreed before.
    await context.request.get(app.platform.url);
    await context.request.post(`${app.platform.url}/api/consent`, {
      data: { channel: 'pairs', given: true },
      headers: { origin: app.platform.url },
    });
    await page.goto(`${app.platform.url}/#${phone ? 'duel' : 'pairs'}`);
    let pair = '';
    const next = async () => {
      let there: string | null = null;
      while (there === null) there = await page.evaluate<string | null>(shown(pair));
      pair = there;
    };
    await next();
    const times: number[] = [];
    const began = performance.now();
    for (let i = 0; pair !== 'over'; i++) {
      await wait(delay);
      const acted = performance.now();
      await act(page, i);
      await next();
      times.push(performance.now() - acted);
    }
    const seconds = (performance.now() - began) / 1e3;
    const answered = () =>
      new Set(app.events.flatMap((e) => (e.kind === 'reaction' && e.present ? [e.ref.message] : []))).size;
    for (let i = 0; i < 500 && answered() < asked.size; i++) await wait(20);
    if (answered() !== asked.size)
      throw new Error(`by ${name} ${answered()} of ${asked.size} came to the server`);
    found[name] = { votes: asked.size, seconds, next: median(times) };
    await context.close();
    await app.platform.stop();
  }
  const rows = Object.entries(found).map(([name, { votes, seconds, next }]) => [
    name,
    votes,
    seconds.toFixed(1),
    Math.round((votes / seconds) * 60),
    `${Math.round(next)} ms`,
  ]);
  console.log(markdown(['by', 'answers', 'seconds', 'a minute', 'act to next pair'], rows));
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, JSON.stringify({ machine: machine(), delay, ways: found }, null, 2));
} finally {
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
}
