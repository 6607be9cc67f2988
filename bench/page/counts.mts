// Do two browsers agree on how many have finished, and how soon? The bot with its engine, two pages in two
// browsers, and people who finish a round one after the other through the page's HTTP API. Counted are the
// milliseconds from a Done that was sent to the count on each page, and between the two pages. Usage: npm
// run bench -- page/counts [--people 8] [--out FILE]; needs a Chromium.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { Started } from '../../tests/support/started.js';
import { until } from '../../tests/support/wait.js';
import { machine, markdown, median } from '../lib/table.mjs';
import { Visitor } from '../lib/visitor.mjs';

const { values: options } = parseArgs({
  options: {
    people: { type: 'string', default: '8' },
    out: { type: 'string', default: projectPath('bench/out/counts.json') },
  },
});
const people = Number(options.people);

/** Each count that the page comes to show, with the time, ms since the epoch. */
const watched = `(() => {
  window.counts = {};
  const look = () => {
    const found = /(\\d+) of \\d+ ha/.exec(document.querySelector('.bar-people')?.textContent ?? '');
    if (found) window.counts[found[1]] ??= Date.now();
  };
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
})()`;

const started = new Started(['session.task=cat', `votes.quorum=${people + 1}`]);
const browsers: Browser[] = [];
/** Milliseconds of each Done. */
const counts: Record<'first' | 'both' | 'apart', number>[] = [];
try {
  const url = await started.start();
  const pages: Page[] = [];
  for (let i = 0; i < 2; i++) {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
    browsers.push(browser);
    const page = await browser.newPage();
    await page.addInitScript(watched);
    await page.goto(url);
    await page.locator('.round-open .cell-picture').first().waitFor({ timeout: 300_000 });
    pages.push(page);
  }
  for (let n = 1; n <= people; n++) {
    const person = new Visitor(url);
    await person.arrive();
    const ballots = await person.openBallots();
    await person.consent(ballots[0]!.channel);
    for (const { id } of ballots) await person.mark(id, [1]);
    const at = Date.now();
    await person.done(ballots.at(-1)!.id);
    const seen = () => Promise.all(pages.map((page) => page.evaluate<number>(`counts[${n}] ?? 0`)));
    await until(async () => (await seen()).every(Boolean), `${n} on both pages`);
    const [a, b] = (await seen()) as [number, number];
    counts.push({ first: Math.min(a, b) - at, both: Math.max(a, b) - at, apart: Math.abs(a - b) });
    await wait(500);
  }
} finally {
  for (const browser of browsers) await browser.close();
  await started.remove();
}

const row = (what: string, key: 'first' | 'both' | 'apart') => {
  const all = counts.map((one) => one[key]);
  return [what, `${median(all)} ms`, `${Math.max(...all)} ms`];
};
console.log(`${machine()}; ${people} people, one after the other.\n`);
console.log(
  markdown(
    ['from a Done to', 'median', 'longest'],
    [
      row('its count on the first page', 'first'),
      row('its count on both pages', 'both'),
      row('one page to the other', 'apart'),
    ],
  ),
);
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify({ machine: machine(), counts }, null, 1));
// The engine is one that waits for the next house: it ends with this process.
process.exit();
