/**
 * What a page breaks of WCAG 2.2 (A, AA) and of good practice, as axe-core finds it; run in the page, past
 * its content security policy.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Beside what axe tells by default. */
const more = { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } };

const run = `axe.run(document, ${JSON.stringify({ rules: more, resultTypes: ['violations'], preload: false })})
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary, html }) =>
    id + ': ' + target.join(' ') + ' ' + html.slice(0, 120) + ' ' + (failureSummary ?? '').split('\\n').slice(1, 3).join(' ').slice(0, 200))))`;

/** What is only half there, for it comes in softly, has no contrast yet. */
const settled = `Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().iterations !== Infinity).map((one) => one.finished)).then(() => 0)`;

/** A line for each: rule, element, what is wrong. Nothing on a page that everybody can use. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('typeof axe === "object"'))) await page.evaluate(`${source};0`);
  await page.evaluate(settled);
  return page.evaluate<string[]>(run);
}
