/**
 * Card -> the message that Slack takes. What people wrote stands in literal rich text, so that it can mention
 * nobody and format nothing; the plain text beside the blocks is for notifications and screen readers. Pure.
 */
import type { types } from '@slack/bolt';
import { asksForCell, cellsOf, momentOf, progressBar } from '../../../src/chat/cards.js';
import { faultChoices } from '../../../src/chat/fault-words.js';
import type { Attachment, Button, ToldCard } from '../../../src/chat/port.js';
import { clip, plain, withoutBold } from '../../../src/chat/text.js';
import { tell, told } from '../../../src/words/tell.js';
import type { Text } from '../../../src/words/text.js';
import type { Post } from './api.js';
import { clearValue, type Shown } from './files.js';
import { actionId, metadataOf } from './mark.js';
import { escaped, pieces, richText } from './markdown.js';
import { words } from './words.js';

/** Slack's bounds, in characters; text is kept short of the 4000 at which it is no longer shown well. */
const bounds = { title: 256, text: 2900, label: 75, value: 2000, option: 75, options: 100, pieces: 20 };

const buttonStyles: Record<string, 'primary' | 'danger'> = { done: 'primary', consent: 'primary' };

const quiet = { mrkdwn: false, link_names: false, unfurl_links: false, unfurl_media: false } as const;

/** A whole message: words, pictures that Slack has, buttons, and the key by which it is found again. */
export function renderCard(card: ToldCard, shown: readonly Shown[]): Post {
  const clear = clearValue(shown);
  const buttons = [
    ...card.buttons.map((button) =>
      renderButton(button, asksForCell(button.id) ? cellsOf(card) : (button.value ?? '')),
    ),
    ...(clear === ''
      ? []
      : [renderButton({ id: 'reveal', label: tell(words.reveal, card.language) }, clear)]),
  ];
  const blocks: types.KnownBlock[] = [
    ...said(card),
    ...shown.map(({ name, file, alt }) => imageBlock(name, file, alt)),
    ...(buttons.length > 0
      ? [{ type: 'actions', elements: buttons.slice(0, 25) } as types.ActionsBlock]
      : []),
  ];
  return { text: spoken(card), blocks, metadata: metadataOf(card.key, card.kind), ...quiet };
}

/** A private answer, in as many messages as it needs. */
export function renderReply(card: ToldCard): Post[] {
  const texts = pieces(card.text, bounds.text);
  const all = texts.length > 0 ? texts : [''];
  return all.map((text, i) => {
    const part = { ...card, text, title: i === 0 ? card.title : '' };
    const buttons = i === all.length - 1 ? card.buttons : [];
    const elements = buttons.map((button) => renderButton(button, button.value ?? ''));
    const actions: types.KnownBlock[] = elements.length > 0 ? [{ type: 'actions', elements }] : [];
    return { text: spoken(part), blocks: [...said(part), ...actions], ...quiet };
  });
}

/** Files as text where they could not be sent; what cannot be read so is only named. */
export function renderFiles(files: readonly Attachment[], language?: string): Post[] {
  const found = files.flatMap(({ name, content }) => {
    if (!('text' in content)) return [whisper(words.fileUnsent(name), language)];
    const texts = pieces(content.text, bounds.text);
    const shown = texts.slice(0, bounds.pieces).map((text) => whisper(`**${name}**\n${text}`));
    return texts.length > shown.length ? [...shown, whisper(words.fileCut(name), language)] : shown;
  });
  return found;
}

/** The adapter's own words. */
export function whisper(said: Text, language?: string): Post {
  const text = tell(said, language);
  return { text: escaped(withoutBold(text)), blocks: [rich(richText(text))], ...quiet };
}

/** A menu of the pictures on the ballot `ts`. */
export function renderPicker(
  button: 'flag' | 'why' | 'best',
  ts: string,
  cells: readonly string[],
  language?: string,
): Post {
  const options = cells.slice(0, bounds.options).map((cell) => ({ value: cell, label: cell }));
  const said = { flag: words.pickCell, why: words.pickFaulty, best: words.pickBest }[button];
  const menu = { id: `pick-${button}`, block: ts, placeholder: words.pickPlaceholder, options };
  return renderMenu(said, menu, language);
}

/** A menu of what may be wrong with a picture of the ballot `ts`; Slack tells of one choice at a time. */
export function renderFaults(ts: string, cell: string, language?: string): Post {
  const placeholder = words.faultPlaceholder;
  const menu = { id: 'say-why', block: `${ts} ${cell}`, placeholder, options: faultChoices };
  return renderMenu(words.whatIsWrong(cell), menu, language);
}

interface Menu {
  id: string;
  /** Comes back with what is chosen. */
  block: string;
  placeholder: Text;
  options: readonly { value: string; label: Text }[];
}

function renderMenu(text: Text, menu: Menu, language: string | undefined): Post {
  const { id, block, placeholder, options } = told(menu, language);
  const select: types.StaticSelect = {
    type: 'static_select',
    action_id: actionId(id),
    placeholder: { type: 'plain_text', text: placeholder },
    options: options.map(({ value, label }) => ({
      text: { type: 'plain_text', text: clip(label, bounds.option) },
      value: clip(value, bounds.option),
    })),
  };
  const base = whisper(text, language);
  const actions: types.ActionsBlock = { type: 'actions', block_id: block, elements: [select] };
  return { ...base, blocks: [...base.blocks, actions] };
}

/** Clear pictures for one person. */
export function renderReveal(files: Iterable<string>, language?: string): Post {
  const text = tell(words.revealed, language);
  const pictures = [...files].map((file, i) => imageBlock(`clear-${i}`, file, text));
  return { text, blocks: [rich(richText(text)), ...pictures], ...quiet };
}

/** Pictures of a private answer. */
export function renderPictures(shown: readonly Shown[], language?: string): Post {
  const pictures = shown.map(({ name, file, alt }) => imageBlock(name, file, alt));
  const clear = clearValue(shown);
  const reveal = renderButton({ id: 'reveal', label: tell(words.reveal, language) }, clear);
  const buttons: types.KnownBlock[] = clear === '' ? [] : [{ type: 'actions', elements: [reveal] }];
  return { text: tell(words.revealed, language), blocks: [...pictures, ...buttons], ...quiet };
}

function said(card: ToldCard): types.KnownBlock[] {
  const title = clip(plain(withoutBold(card.title)), bounds.title);
  const bar = card.progress === null ? [] : [progressBar(card.progress)];
  const text = clip([...bar, card.text].filter((line) => line !== '').join('\n'), bounds.text);
  const lines: types.RichTextElement[][] = [
    ...(title === '' ? [] : [[{ type: 'text' as const, text: title, style: { bold: true } }]]),
    ...(plain(text) === '' ? [] : [richText(text)]),
    ...moment(card),
  ];
  const newline: types.RichTextElement = { type: 'text', text: '\n' };
  const elements = lines.flatMap((line, i) => (i === 0 ? line : [newline, ...line]));
  return elements.length === 0 ? [] : [rich(elements)];
}

/** Times in the reader's own. */
function moment(card: ToldCard): types.RichTextElement[][] {
  const told = momentOf(card);
  if (!told) return [];
  const { says, at: timestamp } = told;
  const fallback = new Date(timestamp * 1000).toISOString();
  const date = { type: 'date', timestamp, format: '{date_short_pretty} {time}', fallback } as const;
  return [[{ type: 'text', text: `${tell(says, card.language)} ` }, date]];
}

/** Never empty: Slack refuses a message without text. */
function spoken({ kind, title, text }: ToldCard): string {
  const all = [title, text].filter((line) => line !== '').join(': ');
  return escaped(clip(withoutBold(all), bounds.text)) || kind;
}

function rich(elements: types.RichTextElement[]): types.RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
}

function imageBlock(block_id: string, id: string, alt: string): types.ImageBlock {
  return { type: 'image', block_id, slack_file: { id }, alt_text: plain(alt) || tell(words.revealed) };
}

function renderButton({ id, label, on = false }: Button<string>, value: string): types.Button {
  const style = on ? 'primary' : buttonStyles[id];
  return {
    type: 'button',
    action_id: actionId(id),
    text: { type: 'plain_text', text: clip(plain(on ? `✓ ${label}` : label), bounds.label) },
    ...(value === '' ? {} : { value: clip(value, bounds.value) }),
    ...(style === undefined ? {} : { style }),
  };
}
