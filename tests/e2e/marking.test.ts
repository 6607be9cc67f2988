/**
 * Marking where the picture is, in a real browser: by mouse, by keys from wherever the focus is, by touch;
 * many at once, and taken back. What the server heard is checked beside what the page shows. And where things
 * stand: a round of 18 is seen whole with its chips and Done, the page itself never scrolls, a new round
 * comes into view and takes the focus. Every state on the way is held to what axe-core knows of
 * accessibility.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { welcomeCard } from '../../bot/views/notice.js';
import { encodePng } from '../../src/images/png.js';
import { violations } from '../support/axe.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { say } from '../support/composer.js';
import { until } from '../support/wait.js';
import { WebApp } from '../support/web-app.js';

let dir: string;
let app: WebApp;
let browser: Browser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-marking-'));
  const file = join(dir, 'picture.png');
  writeFileSync(file, await encodePng({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) }));
  // As where much has been taught before.
  const others = Array.from({ length: 30 }, (_, i) => `session-${i}`);
  const ended = (channel: string) => ({ ...app.status(), id: channel, channel, state: 'ended' as const });
  const status = () => ({ sessions: [app.status(), ...others.map(ended)] });
  app = new WebApp({ dir, pictures: [file], web: { status } });
  await app.start();
  await app.platform.post('session-0', welcomeCard('past', app.session));
  await app.open();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  page = await visit({ viewport: { width: 1366, height: 768 }, reducedMotion: 'reduce' });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

async function visit(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const made = await (await browser.newContext(options)).newPage();
  made.setDefaultTimeout(60_000);
  made.on('pageerror', (error) => faults.push(error.message));
  await made.goto(`${app.platform.url}/#cat`);
  await made.locator('.round-open .cell-picture').nth(17).waitFor();
  return made;
}

/** The picture's own button. */
const picture = (cell: string, on = page) =>
  on.locator('.round-open').getByRole('button', { name: new RegExp(`^Picture ${cell}:`) });
const many = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}:`) });
const large = (on = page) => on.getByRole('dialog', { name: 'Picture, enlarged' });
const focus = () => page.evaluate<string>('document.activeElement.getAttribute("aria-label")');
const pressed = (on: Page) =>
  on.evaluate<string[]>(
    '[...document.querySelectorAll(".round-open .cell-picture[aria-pressed=true]")].map((el) => el.parentElement.querySelector(".badge").textContent)',
  );
/** Whether the pictures below it have come. */
const allThere = (of: string) =>
  `[...document.querySelectorAll('${of} .cell-picture img')].every((img) => img.naturalWidth > 0)`;
/** What the server knows of the marks, each with its sheet. */
function ledger(): string {
  const held = new Map<string, boolean>();
  for (const event of app.events)
    if (event.kind === 'reaction') held.set(`${app.sheetOf(event.ref.message)}${event.emoji}`, event.present);
  return [...held]
    .flatMap(([mark, on]) => (on ? [mark] : []))
    .sort()
    .join(' ');
}
/** These are marked, for the page and for the server; `more`: other marks than numbers. */
async function marked(cells: string, more = '', on = page): Promise<void> {
  await until(async () => (await pressed(on)).join(' ') === cells, `${cells} on the page`);
  const all = `${cells} ${more}`.trim().split(' ').sort().join(' ');
  await until(() => ledger() === all, `${all} at the server`);
}
/** Nobody is kept out: what axe-core finds, of a state by its name. */
const usable = async (state: string, on = page) => {
  expect({ state, violations: await violations(on) }).toEqual({ state, violations: [] });
};
const all = (sheet: string, but = '') =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => (but.includes(`${n}`) ? [] : [`${sheet}${n}`])).join(' ');

describe('marking', { timeout: 180_000 }, () => {
  it('a press on the picture marks it, another takes it back; with Shift it is a range', async () => {
    await usable('a welcome and a ballot');
    await picture('A2').click();
    await usable('the question for consent');
    await page.getByRole('button', { name: 'Agree and vote' }).click();
    await marked('A2');
    await picture('A2').click();
    await marked('');
    await picture('A7').click();
    await picture('B2').click({ modifiers: ['Shift'] });
    await marked('A7 A8 A9 B1 B2');
    // A range becomes what the picture is that was marked last, backwards as well.
    await picture('B2').click();
    await picture('A8').click({ modifiers: ['Shift'] });
    await marked('A7');
    expect(await large().count()).toBe(0);
  });

  it('the latest mark is taken back, and the one before it; a star goes back where it was', async () => {
    await page.keyboard.press('Control+z');
    await marked('A7 A8 A9 B1');
    await page.keyboard.press('Control+z');
    await marked('A7 A8 A9 B1 B2');
    const star = (cell: string) => page.getByRole('button', { name: `${cell} is the best of the round` });
    await star('A7').click();
    await star('B5').click();
    await marked('A7 A8 A9 B1 B2 B5', 'Bstar-5');
    await usable('marks and a star');
    await page.keyboard.press('Control+z');
    await marked('A7 A8 A9 B1 B2', 'Astar-7');
    await page.getByRole('button', { name: /^Undo:/ }).click();
    await marked('A7 A8 A9 B1 B2');
  });

  it('all, none and the other way round are one press each, and one to undo', async () => {
    await many('Invert').click();
    await marked(`${all('A', '789')} ${all('B', '12')}`);
    await many('All good').click();
    await marked(`${all('A')} ${all('B')}`);
    // Where nothing is good any more that is what is said of the sheet.
    await many('Invert').click();
    await marked('', 'Anone Bnone');
    await page.keyboard.press('Control+z');
    await marked(`${all('A')} ${all('B')}`);
    await many('None').click();
    await marked('', 'Anone Bnone');
  });

  it('the mouse drawn over pictures marks them all, as one act, and unmarks where it begins on a marked one', async () => {
    const over = async (cells: string[]) => {
      for (const [i, cell] of cells.entries()) {
        const { x, y, width, height } = (await picture(cell).boundingBox())!;
        await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
        if (i === 0) await page.mouse.down();
      }
    };
    await over(['A1', 'A2', 'A5']);
    await expect.poll(() => page.locator('.cell-painted').count()).toBe(3);
    await marked('', 'Anone Bnone');
    await page.mouse.up();
    await marked('A1 A2 A5', 'Bnone');
    // Back to where it began: that is no press on it.
    await over(['A2', 'A1', 'A2']);
    await page.mouse.up();
    await marked('A5', 'Bnone');
    await over(['A8', 'A9']);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await marked('A5', 'Bnone');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await marked('', 'Anone Bnone');
  });

  it('digits mark the sheet in hand wherever the focus is, but not where text is typed', async () => {
    await page.locator('.side-ended summary').click();
    await page.locator('.side-channel', { hasText: 'session-3' }).focus();
    await page.keyboard.press('a');
    await expect.poll(focus).toMatch(/^Picture A1:/);
    await page.getByRole('button', { name: /^Colours/ }).focus();
    await page.keyboard.press('3');
    await page.keyboard.press('4');
    await marked('A3 A4', 'Bnone');
    await page.keyboard.press('b');
    await page.keyboard.press('9');
    await marked('A3 A4 B9');
    await page.keyboard.press('0');
    await marked('A3 A4', 'Bnone');
    const field = page.getByRole('combobox', { name: 'Command' });
    await field.focus();
    await page.keyboard.type('b1 0');
    await expect.poll(() => field.inputValue()).toBe('b1 0');
    await field.fill('/');
    await page.getByRole('listbox', { name: 'Commands' }).waitFor();
    await usable('commands to choose from');
    await field.fill('');
    await marked('A3 A4', 'Bnone');
  });

  it('arrows walk over the pictures, Enter enlarges, S stars, and the focus comes back to the one seen last', async () => {
    await page.keyboard.press('Escape');
    await picture('A1').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await expect.poll(focus).toMatch(/^Picture A5:/);
    await page.keyboard.press('Space');
    await page.keyboard.press('s');
    await marked('A3 A4 A5', 'Astar-5 Bnone');
    await page.keyboard.press('Enter');
    await large().getByText('A5', { exact: true }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('g');
    await marked('A3 A4 A5 A6', 'Astar-5 Bnone');
    await usable('a picture enlarged');
    await page.keyboard.press('Control+z');
    await marked('A3 A4 A5', 'Astar-5 Bnone');
    await page.keyboard.press('Escape');
    await until(async () => /^Picture A6:/.test(await focus()), 'the focus on A6');
    await picture('A1').hover();
    await page.getByRole('button', { name: 'Enlarge A1' }).click();
    await large().getByText('A1', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await marked('A3 A4 A5', 'Astar-5 Bnone');
  });

  it('a round of 18 is seen whole at 1366 x 768, its chips and Done with it, and the page itself never scrolls', async () => {
    const places = () =>
      page.evaluate<Record<string, number[]>>(`(() => {
        const feed = document.querySelector('.feed').getBoundingClientRect();
        const of = (all) => [...document.querySelectorAll(all)].map((el) => el.getBoundingClientRect());
        const inside = (box, by) => box.top >= by.top && box.bottom <= by.bottom && box.left >= by.left && box.right <= by.right;
        const share = (all, by) => [of(all).filter((box) => inside(box, by)).length, of(all).length];
        const window = { top: 0, left: 0, right: innerWidth, bottom: innerHeight };
        return {
          heading: share('.round-open h2', feed), cells: share('.round-open .cell', feed),
          chips: share('.round-open .chip', feed), done: share('.round-bar .button-main', window),
          wide: [Math.min(...of('.round-open .cell').map((box) => box.width))],
        };
      })()`);
    const { wide, ...whole } = await places();
    expect(whole).toEqual({ heading: [1, 1], cells: [18, 18], chips: [20, 20], done: [1, 1] });
    expect(wide![0]).toBeGreaterThan(120);
    // Whatever takes the focus, or is brought into view, only what is made to scroll does.
    await page.locator('.side-channel').last().focus();
    await page.getByRole('link', { name: 'Skip to the pictures' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(focus).toMatch(/^Picture A1:/);
    const scrolled = await page.evaluate<number[]>(`(() => {
      for (const el of document.querySelectorAll('.side-channel, .cell, #feed-end')) el.scrollIntoView();
      return ['html', 'body', '#app', '.frame', '.channel', '.side'].map((of) => document.querySelector(of)).flatMap((el) => [el.scrollTop, el.scrollLeft]);
    })()`);
    expect(scrolled).toEqual(Array(12).fill(0));
  });

  it('pictures come a sheet at a time, the first asked for by the document, and each once', async () => {
    const other = await (await browser.newContext()).newPage();
    const asked: string[] = [];
    other.on('request', (request) => asked.push(request.url().slice(app.platform.url.length)));
    const document = await other.goto(`${app.platform.url}/#cat`);
    const link = await document!.headerValue('link');
    const [, first] = /^<([^>]+)>; rel=preload; as=fetch/.exec(link ?? '') ?? [];
    await until(() => other.evaluate(allThere('.round-open')), 'the pictures');
    const pictures = asked.filter((path) => path.startsWith('/pictures'));
    expect(pictures).toHaveLength(2);
    expect(pictures).toContain(first);
    await other.context().close();
  });

  it('Ctrl+Enter is Done; the next round comes into view with its heading, and the focus is on its first picture', async () => {
    const stops = (of: string) =>
      page.evaluate<number>(
        `[...document.querySelectorAll('${of} .cell-picture')].filter((el) => el.tabIndex === 0).length`,
      );
    await expect.poll(() => stops('.round-open')).toBe(1);
    await picture('A1').focus();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.keyboard.press('Control+Enter');
    const heading = page.locator('.feed').getByRole('heading', { name: 'Round 2', exact: true });
    await heading.waitFor();
    await until(async () => (await focus())?.startsWith('Picture A1:') === true, 'the focus on A1');
    const { feed, at } = await heading.evaluate((el) => ({
      feed: el.closest('.feed')!.getBoundingClientRect().top,
      at: el.getBoundingClientRect().top,
    }));
    expect(at).toBeGreaterThanOrEqual(feed);
    expect(at).toBeLessThan(feed + 100);
    const mine = await page.evaluate<boolean>(
      'document.activeElement.closest(".round-open") !== null && document.activeElement.closest(".round-closed") === null',
    );
    expect(mine).toBe(true);
    await expect.poll(() => stops('.round-closed')).toBe(1);
    expect(app.rounds[0]!.outcome!.cells.flatMap(({ up, index }) => (up > 0 ? [index] : []))).toEqual([
      2, 3, 4,
    ]);
    expect(app.rounds[0]!.outcome!.best).toBe(4);
    // What was marked on a round that has closed stays.
    await page.keyboard.press('Control+z');
    expect(await pressed(page)).toEqual([]);
    // The pictures of a round that closes are there already.
    await until(() => page.evaluate(allThere('.round-closed')), 'its pictures');
    const ballots = await page.evaluate<string[]>(
      '[...document.querySelectorAll(".round-closed .cell")].map((el) => el.dataset.message)',
    );
    expect(ballots).toHaveLength(18);
    expect(asked.filter((path) => ballots.some((id) => path.startsWith(`/pictures/${id}/`)))).toEqual([]);
    await usable('a closed round, its outcome, and the next round');
  });

  it('what a model draws of the same noises is wiped between by keys, and gone through from weak to strong', async () => {
    const pair = page.locator('.outcome .pair').last();
    const wipe = pair.getByRole('slider', { name: 'Wipe from before to after' });
    const said = () => wipe.getAttribute('aria-valuetext');
    const last = (of: string) => `[...document.querySelectorAll('.outcome .pair')].at(-1).querySelector${of}`;
    const cut = () => page.evaluate<string>(`getComputedStyle(${last("('.pair-first')")}).clipPath`);
    expect([await said(), await cut()]).toEqual([
      '50 % Before, the rest After round 1',
      'inset(0px 50% 0px 0px)',
    ]);
    await wipe.focus();
    await page.keyboard.press('Home');
    await until(async () => (await said())!.startsWith('0 %'), 'all of it after');
    expect(await cut()).toBe('inset(0px 100% 0px 0px)');
    await page.keyboard.press('ArrowRight');
    await until(async () => (await said())!.startsWith('1 %'), 'a step by the arrow');
    const images = `[...${last("All('img')")}]`;
    await until(
      () => page.evaluate<boolean>(`${images}.every((img) => img.naturalWidth > 0)`),
      'both pictures',
    );
    const files = await page.evaluate<string[]>(`${images}.map((img) => img.src)`);
    expect(new Set(files).size).toBe(2);
    await app.strengths();
    const strong = page.locator('.notice .pair');
    const strength = strong.getByRole('slider', { name: /^Strength of what was learned/ });
    const first = () => strong.locator('img').first().getAttribute('src');
    await strength.focus();
    const [whole, shown] = [await strength.getAttribute('aria-valuetext'), await first()];
    await page.keyboard.press('End');
    await until(async () => (await strength.getAttribute('aria-valuetext')) === '1.5', 'the strongest');
    expect([whole, (await first()) === shown]).toEqual(['1', false]);
    await usable('the same noises at other strengths');
  });

  it('the address is the session: Back closes what is large and walks the sessions, and focus is never lost', async () => {
    const at = () => new URL(page.url()).hash;
    await picture('A2').focus();
    await page.keyboard.press('Enter');
    await large().getByText('A2', { exact: true }).waitFor();
    await page.goBack();
    await large().waitFor({ state: 'hidden' });
    await until(async () => /^Picture A2:/.test(await focus()), 'the focus on A2');
    await expect.poll(at).toBe('#cat');
    await page.locator('.side-channel', { hasText: 'session-5' }).click();
    await page.getByText('This session has ended').waitFor();
    await expect.poll(at).toBe('#session-5');
    await usable('an ended session');
    await page.goBack();
    await picture('A2').waitFor();
    await page.goForward();
    await page.getByText('This session has ended').waitFor();
    await page.reload();
    await page.getByText('This session has ended').waitFor();
    await page.getByRole('button', { name: 'New session' }).last().click();
    const form = page.getByRole('dialog', { name: 'New session' });
    await form.getByLabel('What should be drawn?').waitFor();
    await usable('the form for a session');
    await page.keyboard.press('Escape');
    await until(
      async () => (await page.evaluate('document.activeElement.textContent')) === 'New session',
      'the focus',
    );
    await page.goBack();
    await picture('A2').waitFor();
    // Whoever asks for none is shown one that goes on, not the one that was there first.
    await page.goto('about:blank');
    await page.goto(app.platform.url);
    await picture('A2').waitFor();
    await expect.poll(at).toBe('#cat');
    await say(page, '/acclaim me forget');
    const asked = page.getByRole('dialog', { name: 'Forget you?' });
    await usable('a question before what cannot be taken back');
    await asked.getByRole('button', { name: 'Keep it as it is' }).click();
    await say(page, '/acclaim help');
    await page.locator('.reply').first().waitFor();
    await usable('an answer');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await until(async () => (await focus()) === 'Messages in cat', 'the focus on the messages');
  });

  it('is read in the dark as well, at 200 % and on the narrowest screen, and moves nothing for whoever wants no motion', async () => {
    await app.story();
    await page.locator('.story svg.plot').waitFor();
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await usable('a story in the dark');
    await page.getByRole('button', { name: 'Help' }).click();
    await usable('help in the dark');
    // A command of the help goes on where it is typed.
    await page.getByRole('button', { name: '/acclaim best CELL' }).press('Enter');
    await until(async () => (await focus()) === 'Command', 'the focus on the field');
    expect(await page.getByRole('combobox', { name: 'Command' }).inputValue()).toBe('/acclaim best ');
    await page.getByRole('combobox', { name: 'Command' }).fill('');
    expect(await page.evaluate<number>('document.getAnimations().length')).toBe(0);
    for (const [width, height] of [
      [683, 384],
      [320, 640],
    ]) {
      await page.setViewportSize({ width: width!, height: height! });
      const wide =
        '[document.documentElement, document.querySelector(".feed")].map((el) => el.scrollWidth - el.clientWidth)';
      await expect.poll(() => page.evaluate<number[]>(wide)).toEqual([0, 0]);
      await page.getByRole('button', { name: /^Done/ }).waitFor();
    }
    await usable('320 px, dark');
  });

  it('a tap marks, a finger that rests enlarges and marks nothing', async () => {
    app.events.splice(0);
    const viewport = { width: 390, height: 844 };
    const phone = await visit({ viewport, hasTouch: true, isMobile: true, reducedMotion: 'reduce' });
    // The first sheet is seen whole, also on a short phone, with what says that nothing on it is good.
    const spare =
      'document.querySelector(".round-bar").getBoundingClientRect().top - document.querySelector(".round-open .chip-none").getBoundingClientRect().bottom';
    for (const height of [760, 844]) {
      await phone.setViewportSize({ width: 390, height });
      await phone.locator('.round-open').evaluate((el) => el.closest('article')!.scrollIntoView());
      expect(await phone.evaluate<number>(spare)).toBeGreaterThanOrEqual(0);
    }
    await picture('A1', phone).tap();
    await phone.getByRole('button', { name: 'Agree and vote' }).tap();
    await marked('A1', '', phone);
    await picture('A1', phone).tap();
    await picture('A3', phone).tap();
    await marked('A3', '', phone);
    await picture('A4', phone).scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await picture('A4', phone).boundingBox())!;
    const line = await phone.context().newCDPSession(phone);
    const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
    await line.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await large(phone).getByText('A4', { exact: true }).waitFor();
    await line.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await large(phone).getByRole('button', { name: 'Good' }).tap();
    await marked('A3 A4', '', phone);
    await large(phone).getByRole('button', { name: 'Close' }).tap();
    await picture('A5', phone).tap();
    await marked('A3 A4 A5', '', phone);
    await usable('a phone', phone);
    await phone.getByRole('button', { name: 'Channels' }).tap();
    await phone.getByRole('navigation').getByRole('button', { name: 'Close' }).waitFor();
    await usable('the channels on a phone', phone);
    await phone.keyboard.press('Escape');
    await until(
      async () => (await phone.evaluate('document.activeElement.ariaLabel')) === 'Channels',
      'the focus',
    );
    const sizes = await phone.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
    expect(sizes[0]).toBeLessThanOrEqual(sizes[1]!);
    await phone.context().close();
    expect(faults).toEqual([]);
  });
});
