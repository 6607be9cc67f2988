/**
 * Makes the README's pictures: `node bench/pictures/make.mjs` writes docs/images/{web,discord,slack}.png. One
 * bot runs with the real engine, discord.js and Bolt against the loopback peers of the tests; what a member
 * sees is drawn from the very payloads that were sent there. It takes a minute and needs a Chromium
 * (CHROMIUM, or on the PATH) and a font with emoji (Debian: fonts-noto-color-emoji), without which reactions
 * come as boxes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { createViteServer } from 'vitest/node';
import { isDark } from './cats.mjs';
import { discordPage } from './discord.mjs';
import { slackPage } from './slack.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const out = `${root}docs/images/`;
const prompt = 'a black cat inside a cardboard box';

// The peers are TypeScript, and Node 20 reads none.
const vite = await createViteServer({
  root,
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
});
const load = (path) => vite.ssrLoadModule(`/${path}`);
const discordPeer = await load('tests/support/discord-peer/peer.ts');
const slackPeer = await load('tests/support/slack-peer/peer.ts');
const { scopes } = await load('bot/platforms/slack/manifest.ts');
const { Started } = await load('tests/support/started.ts');
const { until } = await load('tests/support/wait.ts');
const { chromiumArgs, chromiumPath } = await load('tests/support/browser.ts');

const discord = await discordPeer.Peer.start();
const slack = await slackPeer.Peer.start(scopes);
const channel = discord.world.channel('black-cats');
const room = await slack.channel('black-cats');
const started = new Started([
  'session.task=cat',
  'session.images=9',
  'session.cells=9',
  'sampler.steps=20',
  'votes.quorum=9',
  `discord.token=${discordPeer.peerToken}`,
  `discord.api=${discord.url}`,
  `slack.botToken=${slackPeer.botToken}`,
  `slack.appToken=${slackPeer.appToken}`,
  `slack.api=${slack.api}`,
]);
let browser;
const minutes = 10 * 60_000;
const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

try {
  const url = await started.start();
  await mkdir(out, { recursive: true });
  const pages = { discord: await onDiscord(), slack: await onSlack() };
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  await save('discord', await shoot(pages.discord, { width: 760, colorScheme: 'dark' }));
  await save('slack', await shoot(pages.slack, { width: 760, colorScheme: 'light' }));
  await save('web', await onTheWeb(url));
} finally {
  await browser?.close();
  await started.remove();
  await Promise.all([discord.stop(), slack.stop()]);
  await slackPeer.Peer.end();
  await vite.close();
}
// The engine is one that waits for the next house: it ends with this process.
process.exit();

async function onDiscord() {
  const asked = discord.command('ann', channel, ['acclaim', 'session', 'start'], { prompt });
  await until(() => asked.answer?.embeds[0]?.title === 'Session opened', 'the answer', minutes);
  const flagOf = (message) =>
    message.components.flatMap((row) => row.components).find((c) => c.label === 'Flag');
  const ballot = () => discord.shown(channel).find((message) => flagOf(message));
  const primed = () => discord.world.reactions.get(ballot()?.id)?.has('\u{1F6AB}') === true;
  await until(primed, 'the ballot on Discord', minutes);
  const drawn = () => discord.shown(channel).some(({ embeds }) => embeds[0]?.title === 'Drew round 1');
  await until(drawn, 'the end of the progress', minutes);
  const keycap = (cell) => `${cell}\uFE0F\u20E3`;
  const cells = await blackCats(discord.world.files.get(ballot().attachments[0].id));
  for (const [name, cell] of votes(cells)) discord.react(name, ballot().id, keycap(cell));
  const pressed = discord.press('ann', ballot(), 'Flag');
  await until(() => pressed.answer !== null, 'the menu', minutes);
  return discordPage({
    world: discord.world,
    name: channel.name,
    messages: discord.shown(channel),
    answer: pressed.answer,
  });
}

async function onSlack() {
  await slack.command('ann', room, `session start ${prompt}`);
  const ballot = async () =>
    (await slack.shown(room)).find((message) => JSON.stringify(message.blocks ?? []).includes('"Flag"'));
  const primed = async () => (await ballot())?.reactions?.some((r) => r.name === 'no_entry_sign') === true;
  await until(primed, 'the ballot on Slack', minutes);
  const drawn = async () => (await slack.shown(room)).some(({ text }) => text?.startsWith('Drew round 1'));
  await until(drawn, 'the end of the progress', minutes);
  const { ts, blocks } = await ballot();
  const sheet = await bytesOf(blocks.find((block) => block.slack_file).slack_file.id);
  for (const [name, cell] of votes(await blackCats(sheet)))
    await slack.react(name, room, ts, numbers[cell - 1]);
  const asked = await slack.press('ann', room, ts, 'Flag');
  await until(() => asked.answers.length > 0, 'the menu', minutes);
  const files = new Map();
  const messages = await slack.shown(room);
  for (const { slack_file: file } of messages.flatMap((message) => message.blocks ?? []))
    if (file) files.set(file.id, await bytesOf(file.id));
  return slackPage({
    bot: slack.bot,
    me: slack.id('ann'),
    name: 'black-cats',
    messages,
    answer: asked.answers[0],
    files,
  });
}

async function bytesOf(file) {
  const { file: found } = await slack.front.ask('files.info', slackPeer.botToken, { file });
  const response = await fetch(found.url_private, {
    headers: { authorization: `Bearer ${slackPeer.botToken}` },
  });
  if (!response.ok) throw new Error(`the file ${file} cannot be read: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function onTheWeb(url) {
  const page = await browser.newPage({
    viewport: { width: 600, height: 1010 },
    deviceScaleFactor: 1.5,
    colorScheme: 'dark',
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(minutes);
  await page.goto(url);
  const open = page.locator('.round-open .cell-picture');
  await open.nth(8).waitFor();
  const black = [];
  for (const cell of await open.all()) {
    const img = cell.locator('img[src]');
    const src = await img.evaluate((one) => one.src);
    // A sheet's pictures come together, and stand in the page itself.
    if (await isDark(Buffer.from(await (await fetch(src)).arrayBuffer()))) black.push(cell);
  }
  if (black.length === 0) throw new Error('there is no black cat on the page');
  await black[0].click();
  const agree = page.getByRole('button', { name: /agree/i }).first();
  await agree.or(page.locator('.cell-picture[aria-pressed=true]').first()).first().waitFor();
  if (await agree.isVisible()) await agree.click();
  for (const cell of black.slice(1)) await cell.click();
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  return page.screenshot();
}

/** Cells of a sheet of nine whose cat is black. */
async function blackCats(sheet) {
  const { width, height } = await sharp(sheet).metadata();
  const [w, h] = [Math.floor(width / 3), Math.floor(height / 3)];
  const cell = (i) =>
    sharp(sheet)
      .extract({ left: (i % 3) * w, top: Math.floor(i / 3) * h, width: w, height: h })
      .png()
      .toBuffer();
  const dark = await Promise.all(Array.from({ length: 9 }, async (_, i) => isDark(await cell(i))));
  return dark.flatMap((is, i) => (is ? [i + 1] : []));
}

/** Who marks which cell: all see the same cats, none of them marks every one. */
function votes(cells) {
  const people = ['ann', 'bea', 'cem', 'dan'];
  return people.flatMap((name, i) => cells.filter((_, n) => (n + i) % 3 !== 2).map((cell) => [name, cell]));
}

async function shoot(html, { width, colorScheme }) {
  const page = await browser.newPage({
    viewport: { width, height: 400 },
    deviceScaleFactor: 1.5,
    colorScheme,
  });
  await page.setContent(html, { waitUntil: 'load' });
  return page.screenshot({ fullPage: true });
}

/** Below 300 KB each. */
async function save(name, png) {
  const bytes = await sharp(png).png({ palette: true, colours: 256, effort: 10 }).toBuffer();
  await writeFile(`${out}${name}.png`, bytes);
  process.stdout.write(`${name}.png: ${Math.round(bytes.length / 1024)} KB\n`);
}
