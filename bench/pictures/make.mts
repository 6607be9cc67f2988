/**
 * Makes the README's pictures: `npm run bench -- pictures/make` writes docs/images/{web,discord,slack}.png.
 * One bot runs with the real engine, discord.js and Bolt against the loopback peers of the tests; what a member
 * sees is drawn from the very payloads that were sent there. It takes a minute and needs a Chromium
 * (CHROMIUM, or on the PATH) and a font with emoji (Debian: fonts-noto-color-emoji), without which reactions
 * come as boxes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Locator } from 'playwright-core';
import sharp from 'sharp';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import { Peer as DiscordPeer, peerToken } from '../../tests/support/discord-peer/peer.js';
import type { Message } from '../../tests/support/discord-peer/world.js';
import { appToken, botToken, Peer as SlackPeer } from '../../tests/support/slack-peer/peer.js';
import { Started } from '../../tests/support/started.js';
import { until } from '../../tests/support/wait.js';
import { isDark, pictureOf } from './cats.mjs';
import { discordPage } from './discord.mjs';
import { slackPage } from './slack.mjs';

const out = projectPath('docs/images');
const prompt = 'a black cat inside a cardboard box';

const discord = await DiscordPeer.start();
const slack = await SlackPeer.start(scopes);
const channel = discord.world.channel('black-cats');
const room = await slack.channel('black-cats');
const started = new Started([
  'session.task=cat',
  'session.images=9',
  'session.cells=9',
  'sampler.steps=20',
  'votes.quorum=9',
  `discord.token=${peerToken}`,
  `discord.api=${discord.url}`,
  `slack.botToken=${botToken}`,
  `slack.appToken=${appToken}`,
  `slack.api=${slack.api}`,
]);
let browser: Browser | undefined;
const minutes = 10 * 60_000;
const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const voters = ['ann', 'bea', 'cem', 'dan'] as const;
type Voter = (typeof voters)[number];

try {
  const url = await started.start();
  await mkdir(out, { recursive: true });
  const pages = { discord: await onDiscord(), slack: await onSlack() };
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
  await save('discord', await shoot(browser, pages.discord, 'dark'));
  await save('slack', await shoot(browser, pages.slack, 'light'));
  await save('web', await onTheWeb(browser, url));
} finally {
  await browser?.close();
  await started.remove();
  await Promise.all([discord.stop(), slack.stop()]);
  await SlackPeer.end();
}
// The engine is one that waits for the next house: it ends with this process.
process.exit();

async function onDiscord() {
  const asked = discord.command('ann', channel, ['acclaim', 'session', 'start'], { prompt });
  await until(() => asked.answer?.embeds[0]?.title === 'Session opened', 'the answer', minutes);
  const flagOf = (message: Message) =>
    message.components.flatMap((row) => row.components).find((c) => c.label === 'Flag');
  const isPrimed = ({ id }: Message) => discord.world.reactions.get(id)?.has('\u{1F6AB}') === true;
  const found = () => discord.shown(channel).find((message) => flagOf(message) && isPrimed(message));
  await until(() => found() !== undefined, 'the ballot on Discord', minutes);
  const drawn = () => discord.shown(channel).some(({ embeds }) => embeds[0]?.title === 'Drew round 1');
  await until(drawn, 'the end of the progress', minutes);
  const keycap = (cell: number) => `${cell}\uFE0F\u20E3`;
  const ballot = found()!;
  const cells = await blackCats(discord.world.files.get(ballot.attachments[0]!.id)!);
  for (const [name, cell] of votes(cells)) discord.react(name, ballot.id, keycap(cell));
  const pressed = discord.press('ann', ballot, 'Flag');
  await until(() => pressed.answer !== null, 'the menu', minutes);
  return discordPage({
    world: discord.world,
    name: channel.name,
    messages: discord.shown(channel),
    answer: pressed.answer!,
  });
}

async function onSlack() {
  await slack.command('ann', room, `session start ${prompt}`);
  const found = async () =>
    (await slack.shown(room)).find((message) => JSON.stringify(message.blocks ?? []).includes('"Flag"'));
  const primed = async () => (await found())?.reactions?.some((r) => r.name === 'no_entry_sign') === true;
  await until(primed, 'the ballot on Slack', minutes);
  const drawn = async () => (await slack.shown(room)).some(({ text }) => text?.startsWith('Drew round 1'));
  await until(drawn, 'the end of the progress', minutes);
  const { ts, blocks = [] } = (await found())!;
  const sheet = await bytesOf(blocks.flatMap((block) => block.slack_file?.id ?? [])[0]!);
  for (const [name, cell] of votes(await blackCats(sheet)))
    await slack.react(name, room, ts, numbers[cell - 1]!);
  const asked = await slack.press('ann', room, ts, 'Flag');
  await until(() => asked.answers.length > 0, 'the menu', minutes);
  const files = new Map<string, Buffer>();
  const messages = await slack.shown(room);
  for (const { slack_file: file } of messages.flatMap((message) => message.blocks ?? []))
    if (file?.id) files.set(file.id, await bytesOf(file.id));
  return slackPage({
    bot: slack.bot,
    me: slack.id('ann'),
    name: 'black-cats',
    messages,
    answer: asked.answers[0]!,
    files,
  });
}

async function bytesOf(file: string): Promise<Buffer> {
  type Found = { file: { url_private: string } };
  const { file: found } = await slack.front.ask<Found>('files.info', botToken, { file });
  const response = await fetch(found.url_private, {
    headers: { authorization: `Bearer ${botToken}` },
  });
  if (!response.ok) throw new Error(`the file ${file} cannot be read: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function onTheWeb(browser: Browser, url: string): Promise<Buffer> {
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
  const black: Locator[] = [];
  for (const cell of await open.all()) if (await isDark(await pictureOf(cell))) black.push(cell);
  const [first, ...others] = black;
  if (!first) throw new Error('there is no black cat on the page');
  await first.click();
  const agree = page.getByRole('button', { name: /agree/i }).first();
  await agree.or(page.locator('.cell-picture[aria-pressed=true]').first()).first().waitFor();
  if (await agree.isVisible()) await agree.click();
  for (const cell of others) await cell.click();
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  return page.screenshot();
}

/** Cells of a sheet of nine whose cat is black. */
async function blackCats(sheet: Buffer): Promise<number[]> {
  const { width, height } = await sharp(sheet).metadata();
  const [w, h] = [Math.floor(width / 3), Math.floor(height / 3)];
  const cell = (i: number) =>
    sharp(sheet)
      .extract({ left: (i % 3) * w, top: Math.floor(i / 3) * h, width: w, height: h })
      .png()
      .toBuffer();
  const dark = await Promise.all(Array.from({ length: 9 }, async (_, i) => isDark(await cell(i))));
  return dark.flatMap((is, i) => (is ? [i + 1] : []));
}

/** Who marks which cell: all see the same cats, none of them marks every one. */
function votes(cells: readonly number[]): [name: Voter, cell: number][] {
  return voters.flatMap((name, i) =>
    cells.filter((_, n) => (n + i) % 3 !== 2).map((cell): [Voter, number] => [name, cell]),
  );
}

async function shoot(browser: Browser, html: string, colorScheme: 'dark' | 'light'): Promise<Buffer> {
  const page = await browser.newPage({
    viewport: { width: 760, height: 400 },
    deviceScaleFactor: 1.5,
    colorScheme,
  });
  await page.setContent(html, { waitUntil: 'load' });
  return page.screenshot({ fullPage: true });
}

/** Below 300 KB each. */
async function save(name: string, png: Buffer): Promise<void> {
  const bytes = await sharp(png).png({ palette: true, colours: 256, effort: 10 }).toBuffer();
  await writeFile(join(out, `${name}.png`), bytes);
  process.stdout.write(`${name}.png: ${Math.round(bytes.length / 1024)} KB\n`);
}
