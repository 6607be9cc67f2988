/**
 * A whole session without a mouse, in a real browser under the real `acclaim start`: the form, the round, its
 * end, the LoRA. Whatever is needed is reached by Tab, from where the focus was left.
 */
import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from '../support/axe.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

const started = new Started(['votes.quorum=1', 'session.rounds=1']);
/** What only a fault takes, even where the engine gets little of the machine. */
const LONG = 300_000;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const url = await started.start();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  page = await browser.newPage({ viewport: { width: 1366, height: 768 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await page.getByRole('button', { name: 'New session' }).first().waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await started.remove();
});

const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The words of what has the focus; none where nothing has. */
const focus = () =>
  page.evaluate<string>(`(() => {
    const el = document.activeElement;
    if (el === document.body) return '';
    return (el.ariaLabel ?? el.labels?.[0]?.textContent ?? el.textContent).trim();
  })()`);
const focused = (name: RegExp) => until(async () => name.test(await focus()), `the focus on ${name}`, LONG);
/** Tab, as often as it takes; where the page is gone through once it is not there. */
async function tabTo(name: RegExp): Promise<void> {
  const passed: string[] = [];
  while (!name.test(await focus())) {
    passed.push(await focus());
    if (passed.length > 60) throw new Error(`Tab comes to ${passed.join(' | ')}, and not to ${name}`);
    await press('Tab');
  }
}

it(
  'begins by the form, votes, looks large, ends the round, and takes the LoRA away',
  async () => {
    await tabTo(/^New session$/);
    await press('Enter');
    await focused(/^What should be drawn\?/);
    await page.keyboard.type('a black cat');
    await tabTo(/^Start the session$/);
    await press('Enter');
    // The round takes the focus that the form left on the messages.
    await focused(/^Picture A1:/);
    await press('Enter');
    await page.getByRole('dialog', { name: 'Picture, enlarged' }).waitFor();
    await press('g');
    await focused(/^Agree and vote$/);
    await press('Enter');
    await until(async () => (await started.facts()).length === 1, 'the first mark');
    expect(await violations(page)).toEqual([]);
    await press('ArrowRight', 's', 'Escape');
    await focused(/^Picture A2:/);
    await press('1', 'Control+z', 'Control+Enter');
    // Sheet B has no mark: it is asked about, and what is safe has the focus.
    await focused(/^Look again$/);
    await press('Tab');
    await focused(/^Nothing good/);
    await press('Enter');
    await page.getByRole('heading', { name: 'Round 1 is closed' }).waitFor();
    const { outcome } = (await started.bodies('round'))[0] as {
      outcome: { best: number; cells: { up: number }[] };
    };
    expect(outcome).toMatchObject({ best: 1, cells: [{ up: 1 }, { up: 1 }, { up: 0 }, { up: 0 }] });
    const ended = page.getByRole('region', { name: 'This session has ended' });
    await ended.waitFor({ timeout: LONG });
    expect(await focus()).not.toBe('');
    await press('Shift+Tab');
    await tabTo(/LoRA/);
    const [download] = await Promise.all([page.waitForEvent('download'), press('Enter')]);
    expect(download.suggestedFilename()).toMatch(/\.safetensors$/);
    const bytes = readFileSync(await download.path());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
    expect(Object.keys(header).some((name) => /lora_A/.test(name))).toBe(true);
  },
  3 * LONG,
);
