/**
 * A stored message -> what one person's page shows. Files never leave as paths: every `file` in a card
 * becomes an address under /pictures/, numbered in the order it is found, which `pictureFiles` repeats. Pure.
 */
import type { Card, ToldCard } from '../../../src/chat/port.js';
import { told } from '../../../src/words/tell.js';
import type { Message } from './messages.js';

export interface PageMessage {
  id: string;
  channel: string;
  kind: Card['kind'];
  at: number;
  editedAt: number | null;
  seq: number;
  title: string;
  text: string;
  pictures: { url: string; alt: string; spoiler: boolean }[];
  reactions: string[];
  buttons: ToldCard['buttons'];
  progress: number | null;
  preview?: string;
  data: Record<string, unknown>;
  /** The reader's own marks: nobody else's are sent. */
  mine: string[];
  /** Of private answers: text to save, or where to fetch it. */
  files?: FileOf[];
}

interface FileOf {
  name: string;
  type: string;
  bytes: number;
  text?: string;
  url?: string;
}

/** As the page is sent it; `mine`: the reader's own marks, `language`: the reader's. */
export function renderMessage(message: Message, mine: string[], language: string): PageMessage {
  const { id } = message;
  const card = told(message.card, language);
  let next = 0;
  // The sequence number in the address makes every address immutable.
  const address = () => `/pictures/${id}/${next++}?v=${message.seq}`;
  const pictures = card.pictures.map(({ alt, spoiler }) => ({ url: address(), alt, spoiler }));
  return {
    id,
    channel: message.channel,
    kind: card.kind,
    at: message.at,
    editedAt: message.editedAt,
    seq: message.seq,
    title: card.title,
    text: card.text,
    pictures,
    reactions: message.primed,
    buttons: card.buttons,
    progress: card.progress,
    ...(card.preview !== undefined && { preview: card.preview }),
    data: swapFiles(card.data ?? {}, address) as Record<string, unknown>,
    mine,
  };
}

/** A private answer, which no store knows. */
export function renderReply(id: string, channel: string, card: Card, at: number): PageMessage {
  const message = { id, channel, card, at, editedAt: null, seq: 0, primed: [] };
  const files = (card.files ?? []).flatMap(({ name, type, bytes, content, url }): FileOf[] => {
    if ('text' in content) return [{ name, type, bytes, text: content.text }];
    return url === null ? [] : [{ name, type, bytes, url }];
  });
  return {
    ...renderMessage(message, [], card.language ?? 'en'),
    kind: 'reply',
    ...(files.length > 0 ? { files } : {}),
  };
}

/** Files of a card by the number in their address. */
export function pictureFiles(card: Card): string[] {
  const files = card.pictures.map((picture) => picture.file);
  swapFiles(card.data ?? {}, (file) => {
    files.push(file);
    return '';
  });
  return files;
}

/** Every `file: string` at any depth becomes `url`; a null stays null under the new name. */
function swapFiles(value: unknown, address: (file: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => swapFiles(item, address));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      name === 'file' && (typeof inner === 'string' || inner === null)
        ? ['url', inner === null ? null : address(inner)]
        : [name, swapFiles(inner, address)],
    ),
  );
}
