/**
 * A gallery on the page, in a real browser under the real `acclaim start`: each picture liked, disliked or
 * starred by its chips, by keys and enlarged; best by command; what is left without a mark is asked about;
 * one is flagged and one hidden.
 */
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from '../support/axe.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { say } from '../support/composer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

const started = new Started(['votes.quorum=1', 'session.rounds=2', 'session.images=6']);
/** What only a fault takes, even where the engine gets little of the machine. */
const LONG = 300_000;
const faults: string[] = [];
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const url = await started.start();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await started.remove();
});

const item = (name: string) => page.getByRole('group', { name: `Picture ${name}`, exact: true }).last();
const chip = (name: string, says: string) =>
  item(name).getByRole('button', { name: `${name} is ${says}`, exact: true });
const [good, bad, best] = ['good', 'not good', 'the best of the round'];
/** `good not-good best` of each picture, a letter where it is pressed. */
const pressed = async () =>
  Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (n) => {
      const on = await Promise.all(
        [good, bad, best].map((says) => chip(`#${n}`, says).getAttribute('aria-pressed')),
      );
      return on.map((one, i) => (one === 'true' ? 'gnb'[i] : '-')).join('');
    }),
  );
/** Picture -> marks that stand in the ledger. */
const ledger = async () => {
  const latest = new Map<string, number>();
  for (const { ballot, emoji, present } of await started.facts())
    latest.set(`${Number(/\.s(\d+)\./.exec(String(ballot))![1]) + 1} ${emoji}`, Number(present));
  return [...latest].flatMap(([mark, on]) => (on ? [mark] : [])).sort();
};
const inLedger = (...marks: string[]) =>
  until(async () => (await ledger()).join() === marks.sort().join(), `${marks.join()} in the ledger`);

it(
  'is opened by an option that help and completion name, and shows each picture with its three chips',
  async () => {
    await say(page, '/acclaim help session start');
    await page.locator('.reply').filter({ hasText: 'gallery' }).first().waitFor();
    await say(page, '/acclaim session start --ballots gallery a black cat');
    await page.getByRole('button', { name: 'Channels' }).click();
    await page.getByRole('navigation', { name: 'Channels' }).getByText('a-black-cat').click();
    await item('#6').waitFor({ timeout: LONG });
    await expect.poll(() => page.locator('.gallery-item').count()).toBe(6);
    await expect.poll(pressed).toEqual(Array(6).fill('---'));
    expect(await page.locator('.gallery .cell-picture').first().getAttribute('aria-label')).toMatch(
      /^Picture #1: “a black cat”\. Mark as good$/,
    );
    const wide = await page.locator('.feed').evaluate((el) => el.scrollWidth - el.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
  },
  2 * LONG,
);

it('takes likes, dislikes and one star, by chip, key and enlarged, and lets go of what no longer fits', async () => {
  await chip('#1', good).click();
  await page.getByRole('button', { name: 'Agree and vote' }).click();
  await inLedger('1 like');
  await chip('#1', bad).click();
  await inLedger('1 dislike');
  await chip('#2', best).click();
  await chip('#3', best).click();
  await inLedger('1 dislike', '2 like', '3 like', '3 star');
  await chip('#4', good).focus();
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await page.keyboard.press('g');
  await item('#5').getByRole('button', { name: 'Enlarge #5' }).click();
  const box = page.getByRole('dialog', { name: 'Picture, enlarged' });
  await box.getByRole('button', { name: 'Not good' }).click();
  await page.keyboard.press('Escape');
  await inLedger('1 dislike', '2 like', '3 like', '3 star', '4 like', '5 dislike');
  await expect.poll(pressed).toEqual(['-n-', 'g--', 'g-b', 'g--', '-n-', '---']);
  // The star's own picture is not good any more: the star goes with it. Another is named by command.
  await chip('#3', bad).click();
  await say(page, '/acclaim best #4');
  await inLedger('1 dislike', '2 like', '3 dislike', '4 like', '4 star', '5 dislike');
  await say(page, '/acclaim best none');
  await inLedger('1 dislike', '2 like', '3 dislike', '4 like', '5 dislike');
  await chip('#2', best).click();
  await page.reload();
  await item('#6').waitFor();
  await expect.poll(pressed).toEqual(['-n-', 'g-b', '-n-', 'g--', '-n-', '---']);
});

it('says what is wrong with a picture, enlarged or by command, to whoever says so alone', async () => {
  await item('#1').getByRole('button', { name: 'Enlarge #1' }).click();
  const why = page.getByRole('group', { name: 'What is wrong with #1?' });
  await why.getByRole('button', { name: 'too few' }).click();
  await why.getByRole('button', { name: 'ugly' }).click();
  await why.getByRole('button', { name: 'too few' }).click();
  const asked = { is: '#1', pressed: ['ugly'] };
  await expect
    .poll(async () => ({
      is: await page.locator('.lightbox-top strong').textContent(),
      pressed: await why.locator('[aria-pressed="true"]').allTextContents(),
    }))
    .toEqual(asked);
  await page.keyboard.press('ArrowRight');
  // The next one is good: there is nothing to be wrong with it.
  await page.getByRole('dialog').getByRole('button', { name: 'Good', pressed: true }).waitFor();
  await expect.poll(() => page.locator('.lightbox-why').count()).toBe(0);
  await page.keyboard.press('Escape');
  await item('#1').getByText('Ugly').waitFor();
  await say(page, '/acclaim why #3 too-many --and wrong-colour');
  await page
    .locator('.reply')
    .filter({ hasText: '#3: too many, wrong colour. It counts as not good' })
    .waitFor();
  const said = ['1 ugly-1', '3 colour-1', '3 many-1'];
  await inLedger('1 dislike', '2 like', '2 star', '3 dislike', '4 like', '5 dislike', ...said);
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(page.url());
  await other.locator('.gallery-item').first().waitFor();
  expect(await other.locator('.gallery').last().textContent()).not.toMatch(/ugly/i);
  await stranger.close();
});

it(
  'flags a picture after asking, takes that back, shows one that is hidden as held back, and asks what the unmarked one is',
  async () => {
    const before = await ledger();
    await item('#1').getByRole('button', { name: 'Enlarge #1' }).click();
    const flag = (on: boolean) =>
      page
        .getByRole('dialog', { name: 'Picture, enlarged' })
        .getByRole('button', { name: /^Flag/, pressed: on });
    await flag(false).click();
    await page
      .getByRole('dialog', { name: 'Report #1?' })
      .getByRole('button', { name: 'Keep it as it is' })
      .click();
    await flag(false).click();
    await page.getByRole('button', { name: 'Report it' }).click();
    await inLedger(...before, '1 flag-1');
    // It shows, also to a page that is opened anew, and is taken back as it was given.
    await page.reload();
    await item('#1').getByRole('button', { name: 'Enlarge #1' }).click();
    await flag(true).waitFor();
    expect(await violations(page)).toEqual([]);
    await flag(true).click();
    await flag(false).waitFor();
    await inLedger(...before);
    await page.keyboard.press('Escape');
    await page.locator('.reply').filter({ hasText: 'Your report of #1 is taken back' }).first().waitFor();
    await say(page, '/acclaim hide #5');
    await page
      .getByRole('dialog', { name: 'Take this picture away?' })
      .getByRole('button', { name: 'Take it away' })
      .click();
    await item('#5').getByText('Held back').waitFor();
    expect(await violations(page)).toEqual([]);
    await expect.poll(() => item('#5').locator('.chip').count()).toBe(0);
    await page.getByRole('button', { name: 'Done, teach it' }).click();
    const bar = page.getByRole('region', { name: 'Your marks in round 1' });
    await bar.getByText('1 picture has no marks yet.').waitFor();
    await bar.getByRole('button', { name: 'Look again' }).click();
    await page.getByRole('button', { name: 'Done, teach it' }).click();
    await bar.getByRole('button', { name: 'Leave them out' }).click();
    await page.getByRole('heading', { name: 'Round 1 is closed' }).waitFor();
    // No vote: #5, which is hidden, and #6, which nobody marked.
    await expect
      .poll(() => page.locator('.round-closed .got').allTextContents())
      .toEqual(['0 / 1', '1 / 1', '0 / 1', '1 / 1', '', '0 / 0']);
    await page
      .locator('.outcome-sub')
      .filter({ hasText: /^4 of 5 pictures judged, 2 liked/ })
      .waitFor();
    await page.locator('.outcome-figure strong').getByText('50 %', { exact: true }).waitFor();
    // The hidden one is nobody's; what was said by a mark that counts reaches the learner.
    const [round] = (await started.bodies('round')) as { feedback: { images: object[] }; outcome: object }[];
    expect(round!.feedback.images.map((image) => ('faults' in image ? image.faults : null))).toEqual([
      { ugly: 1 },
      null,
      { many: 1, colour: 1 },
      null,
      null,
      null,
    ]);
    expect(round!.outcome).toMatchObject({ faults: { many: 1, colour: 1, ugly: 1 } });
    await page
      .getByText(/too many \(1\), wrong colour \(1\), ugly \(1\)/)
      .first()
      .waitFor();
    await page.locator('.outcome figcaption').getByText('#2 won', { exact: true }).waitFor();
    await until(() => started.roundOpen(2), 'the second round', LONG);
    expect(faults).toEqual([]);
  },
  2 * LONG,
);

it(
  'takes all without a mark as not good when told so',
  async () => {
    await item('#6').waitFor();
    // The base model draws every second picture of a round to come, to learn from: approval is that of the
    // others.
    await chip('#5', good).click();
    await page.getByRole('button', { name: 'Done, teach it' }).click();
    await page.getByRole('button', { name: 'Nothing good, done' }).click();
    await until(async () => (await started.bodies('round'))[1]!.outcome !== null, 'the close');
    expect((await started.bodies('round'))[1]!.outcome).toMatchObject({ votes: 6, voters: 1 });
    await page.locator('.outcome-sub').filter({ hasText: '3 of 3 pictures judged, 1 liked' }).waitFor();
    await page
      .getByText('3 more pictures were drawn by the model as it was before any vote')
      .first()
      .waitFor();
  },
  2 * LONG,
);

it(
  'goes on after its end from what it learned, as a session of its own, which is shown',
  async () => {
    const ended = page.getByRole('region', { name: 'This session has ended' });
    await ended.getByText('Finished after 2 rounds').waitFor({ timeout: LONG });
    await ended.getByRole('button', { name: 'Branch…' }).click();
    const form = page.getByRole('dialog', { name: 'Branch' });
    await expect.poll(() => form.locator('option').allTextContents()).toEqual(['round 2', 'round 1']);
    await form.getByLabel('From what was learned in').selectOption('1');
    await form.getByLabel('Another prompt, or the same').fill('a white cat');
    await form
      .locator('.start-line code')
      .getByText('/acclaim session branch 1 a white cat', { exact: true })
      .waitFor();
    await page.keyboard.press('Escape');
    const before = page.url();
    await ended.getByRole('button', { name: 'Go on from round 2' }).click();
    await page.locator('.reply').filter({ hasText: 'The branch is in the channel' }).waitFor();
    await expect.poll(() => page.url()).not.toBe(before);
    await page
      .getByText('Drawing round 1')
      .or(page.getByRole('heading', { name: 'Round 1', exact: true }))
      .first()
      .waitFor();
    await expect.poll(() => ended.count()).toBe(0);
    await page.goBack();
    await ended.waitFor();
    expect(faults).toEqual([]);
  },
  2 * LONG,
);
