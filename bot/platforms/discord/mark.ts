/**
 * How a card's key travels in its message, so that any later process finds the message again: a mark of 12
 * hex digits in every button's custom_id, in the pictures' file names, and in the footer where there is
 * neither.
 */
import { createHash } from 'node:crypto';
import type { APIMessage } from 'discord.js';

/** The channel is in it because Discord's nonces hold for a bot, not for a channel. */
export function markOf(channel: string, key: string): string {
  return createHash('sha256').update(`${channel}\n${key}`).digest('hex').slice(0, 12);
}

/** A button's id: what is pressed, and on which message. `extra` comes back with the press. */
export function customId(mark: string, button: string, extra = ''): string {
  return ['acclaim', mark, button, extra].filter((part) => part !== '').join(':');
}

export interface CustomId {
  mark: string;
  button: string;
  extra: string;
}

/** Undefined for a button that is not ours. */
export function parseCustomId(id: string): CustomId | undefined {
  const match = /^acclaim:([0-9a-f]{12}):([a-z0-9-]+)(?::(.*))?$/.exec(id);
  return match ? { mark: match[1]!, button: match[2]!, extra: match[3] ?? '' } : undefined;
}

/** The mark below an embed, for messages without buttons and pictures. */
export const footer = (mark: string) => `Acclaim · ${mark}`;

/** A picture's name: its message and its bytes, so that the same picture has the same name. */
export const fileName = (mark: string, hash: string, extension: string) =>
  `acclaim-${mark}-${hash}.${extension}`;

export type Marked = Pick<APIMessage, 'components' | 'attachments' | 'embeds'>;

/** The mark of a message of ours; undefined for any other. */
export function readMark(message: Marked): string | undefined {
  const places = [
    ...customIds(message),
    ...message.attachments.map((file) => file.filename),
    ...message.embeds.map((embed) => embed.footer?.text ?? ''),
  ];
  for (const place of places) {
    const found = /(?:^acclaim:|acclaim-|^Acclaim · )([0-9a-f]{12})(?:$|[:-])/.exec(place);
    if (found) return found[1];
  }
  return undefined;
}

/** Of all buttons and menus of a message. */
export function customIds({ components }: Pick<Marked, 'components'>): string[] {
  return (components ?? []).flatMap((row) =>
    'components' in row
      ? row.components.flatMap((c) =>
          'custom_id' in c && typeof c.custom_id === 'string' ? [c.custom_id] : [],
        )
      : [],
  );
}
