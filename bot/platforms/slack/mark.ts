/**
 * How a card's key travels in its message, so that any later process finds the message again: as the
 * message's metadata, which people do not see. Buttons carry what they mean in their ids and values.
 */
import type { types } from '@slack/bolt';

const eventType = 'acclaim_message';

/** What makes a message known as ours: the card's key and kind. */
export function metadataOf(key: string, kind: string): types.MessageMetadata {
  return { event_type: eventType, event_payload: { key, kind } };
}

/** A message as reading the channel or posting gives it; of its many fields those that we need. */
export interface SlackMessage {
  ts?: string | undefined;
  user?: string | undefined;
  metadata?: { event_type?: string; event_payload?: unknown } | undefined;
  blocks?: readonly unknown[] | undefined;
}

/** The key of a message of ours; undefined for any other. */
export function keyOf({ metadata }: SlackMessage): string | undefined {
  if (metadata?.event_type !== eventType) return undefined;
  const { key } = (metadata.event_payload ?? {}) as { key?: unknown };
  return typeof key === 'string' ? key : undefined;
}

const prefix = 'acclaim:';
export const ours = /^acclaim:/;

/** A button's name as Slack sends it back. */
export function actionId(button: string): string {
  return `${prefix}${button}`;
}

/** The button's name; undefined for one that is not ours. */
export function buttonOf(action: string): string | undefined {
  return action.startsWith(prefix) ? action.slice(prefix.length) : undefined;
}

/** A picture's block names what is in it: the same name is the same picture. */
export const pictureBlock = (hash: string) => `picture-${hash}`;

interface AnyBlock {
  type?: string;
  block_id?: string;
  slack_file?: { id?: string };
  elements?: { action_id?: string; value?: string }[];
}

/** Block name -> file id, of every picture that the message shows. */
export function picturesOf({ blocks }: SlackMessage): Map<string, string> {
  const found = new Map<string, string>();
  for (const { type, block_id, slack_file } of (blocks ?? []) as AnyBlock[])
    if (type === 'image' && block_id?.startsWith('picture-') && slack_file?.id)
      found.set(block_id, slack_file.id);
  return found;
}

/** Button -> value, of every button of ours in the message. */
export function buttonsOf({ blocks }: SlackMessage): Map<string, string> {
  const found = new Map<string, string>();
  for (const { type, elements } of (blocks ?? []) as AnyBlock[]) {
    if (type !== 'actions') continue;
    for (const { action_id, value } of elements ?? []) {
      const button = buttonOf(action_id ?? '');
      if (button !== undefined) found.set(button, value ?? '');
    }
  }
  return found;
}
