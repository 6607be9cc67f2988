/**
 * Card -> the message that Discord takes. A card with pictures is text over plain attachments (only those
 * blur as spoilers and show large); one without is an embed. Nothing that people wrote can mention anyone.
 * Pure but for `loadPictures` and `loadFiles`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  ButtonStyle,
  ComponentType,
  type RawFile,
} from 'discord.js';
import { bytesOf } from '../../../src/chat/attachment.js';
import { asksForCell, cellsOf, momentOf, progressBar } from '../../../src/chat/cards.js';
import type { Button, Card, ToldCard } from '../../../src/chat/port.js';
import { clip, withoutBold } from '../../../src/chat/text.js';
import { shrink } from '../../../src/images/shrink.js';
import { tell } from '../../../src/words/tell.js';
import type { Body } from './api.js';
import { capabilities } from './capabilities.js';
import { customId, fileName, footer, markOf } from './mark.js';
import { markdown } from './markdown.js';
import { words } from './words.js';

/** Discord's bounds, in characters; files in bytes, below its 10 MiB. */
const bounds = { content: 2000, title: 256, description: 4096, alt: 1024, label: 80, file: 8 * 1024 * 1024 };

const colours: Record<Card['kind'], number> = {
  ballot: 0x5865f2,
  progress: 0xf0b232,
  outcome: 0x23a55a,
  story: 0xeb459e,
  notice: 0x80848e,
  reply: 0x80848e,
};

const buttonStyles: Record<string, APIButtonComponentWithCustomId['style']> = {
  done: ButtonStyle.Success,
  consent: ButtonStyle.Primary,
};

export interface LoadedPicture {
  /** Says what is in it: the same name is the same picture. */
  name: string;
  alt: string;
  bytes: Buffer;
  spoiler: boolean;
}

/** The card's pictures, at most ten, each small enough for Discord. */
export async function loadPictures(card: ToldCard, mark: string): Promise<LoadedPicture[]> {
  return Promise.all(
    card.pictures.slice(0, 10).map(async ({ file, alt, spoiler }) => {
      const { bytes, extension } = await shrink(await readFile(file), bounds.file);
      const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
      const name = `${spoiler ? 'SPOILER_' : ''}${fileName(mark, hash, extension)}`;
      return { name, alt: clip(alt, bounds.alt), bytes, spoiler };
    }),
  );
}

/** Words and buttons; pictures are added by `withPictures`. */
export function renderCard(card: ToldCard, mark: string): Body {
  const components = card.buttons.length > 0 ? rows(card, mark) : [];
  const allowed_mentions = { parse: [] };
  if (card.pictures.length === 0)
    return { content: '', embeds: [embed(card, mark)], components, allowed_mentions };
  const bar = card.progress === null ? [] : [progressBar(card.progress)];
  const text = [`**${bare(card.title)}**`, markdown(card.text), ...bar, ...extras(card)].filter(
    (line) => line !== '',
  );
  return { content: clip(text.join('\n'), bounds.content), embeds: [], components, allowed_mentions };
}

/** Files that Discord does not have yet are sent along; `kept` maps names of those it has to their ids. */
export function withPictures(
  body: Body,
  pictures: readonly LoadedPicture[],
  kept: ReadonlyMap<string, string> = new Map(),
  /** Files that go along before them. */
  given: readonly RawFile[] = [],
): { body: Body; files: RawFile[] } {
  const files: RawFile[] = [...given];
  const others = given.map(({ name }, i) => ({ id: String(i), filename: name }));
  const shown = pictures.map(({ name, alt, bytes }) => {
    const id = kept.get(name);
    if (id !== undefined) return { id };
    files.push({ name, data: bytes, key: `files[${files.length}]` });
    return { id: String(files.length - 1), filename: name, description: alt };
  });
  return { body: { ...body, attachments: [...others, ...shown] } as Body, files };
}

/** The files that an answer carries, loaded; those that Discord would not take are named instead. */
export async function loadFiles(card: ToldCard): Promise<{ files: FileOf[]; tooLarge: string[] }> {
  const all = card.files ?? [];
  const fits = all.filter((file) => file.bytes <= capabilities.maxFileBytes).slice(0, 9);
  const files = await Promise.all(fits.map(async (file) => ({ name: file.name, data: await bytesOf(file) })));
  return { files, tooLarge: all.filter((file) => !fits.includes(file)).map((file) => file.name) };
}

export interface FileOf {
  name: string;
  data: Buffer;
}

/** A private answer; what does not fit goes along as a file. */
export function renderReply(
  card: ToldCard,
  { files: given, tooLarge }: Awaited<ReturnType<typeof loadFiles>> = { files: [], tooLarge: [] },
): { body: Body; files: RawFile[] } {
  const long = markdown(card.text).length > bounds.description;
  const all = [...(long ? [answerFile(card)] : []), ...given];
  const files = all.map(({ name, data }, i) => ({ name, data, key: `files[${i}]` }));
  const shortened = long
    ? `${card.text.slice(0, 600)}…\n${tell(words.longAnswer, card.language)}`
    : card.text;
  const text = [shortened, ...tooLarge.map((name) => tell(words.tooLarge(name), card.language))].join('\n');
  const shown = { ...embed({ ...card, text }, null) };
  const attachments = files.map(({ name }, i) => ({ id: String(i), filename: name }));
  const body = {
    content: '',
    embeds: [shown],
    components: rows(card, markOf('', card.key)),
    allowed_mentions: { parse: [] },
    attachments,
  } as unknown as Body;
  return { body, files };
}

/** Only the asker sees it; `components` are the adapter's own. */
export function whisper(text: string): { content: string; allowed_mentions: { parse: [] } } {
  return { content: clip(markdown(text), bounds.content), allowed_mentions: { parse: [] } };
}

function embed(card: ToldCard, mark: string | null): APIEmbed {
  const bar = card.progress === null ? [] : [progressBar(card.progress)];
  const text = [...bar, markdown(card.text), ...extras(card)].filter((line) => line !== '').join('\n');
  return {
    ...(card.title === '' ? {} : { title: clip(markdown(card.title), bounds.title) }),
    ...(text === '' ? {} : { description: clip(text, bounds.description) }),
    color: colours[card.kind],
    // With buttons the mark is in their ids.
    ...(mark !== null && card.buttons.length === 0 ? { footer: { text: footer(mark) } } : {}),
  };
}

/** Times in the reader's own: what is to come as how long it is until then. */
function extras(card: ToldCard): string[] {
  const moment = momentOf(card);
  return moment ? [`${tell(moment.says, card.language)} <t:${moment.at}:${moment.ahead ? 'R' : 'f'}>`] : [];
}

function rows(card: ToldCard, mark: string): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const buttons = card.buttons.slice(0, 25).map((button) => renderButton(button, card, mark));
  return Array.from({ length: Math.ceil(buttons.length / 5) }, (_, i) => ({
    type: ComponentType.ActionRow,
    components: buttons.slice(i * 5, i * 5 + 5),
  }));
}

function renderButton(
  { id, label, value, on = false }: Button<string>,
  card: ToldCard,
  mark: string,
): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    style: on ? ButtonStyle.Success : (buttonStyles[id] ?? ButtonStyle.Secondary),
    label: clip(on ? `✓ ${label}` : label, bounds.label),
    custom_id: customId(mark, id, asksForCell(id) ? cellsOf(card) : value),
  };
}

function bare(text: string): string {
  return markdown(withoutBold(text));
}

function answerFile(card: ToldCard): FileOf {
  return { name: 'answer.txt', data: Buffer.from(card.text) };
}
