/**
 * Slack's events -> our own. Pure: what is not ours to know is undefined. Of messages only that one is gone
 * is looked at, never a text. https://docs.slack.dev/reference/events
 */
import type { ChatEvent, MessageRef } from '../../../src/chat/port.js';
import { canonical } from './emoji.js';
import { bareAccount } from './people.js';
import { timeOf } from './timestamp.js';

/** Of all kinds of events the fields that we read. */
export interface SlackEvent {
  type: string;
  subtype?: string;
  user?: string;
  reaction?: string;
  /** Whose message it is. */
  item_user?: string;
  item?: { type: string; channel?: string; ts?: string };
  channel?: string;
  deleted_ts?: string;
  event_ts?: string;
  /** tokens_revoked: whose. */
  tokens?: { bot?: string[] };
}

export interface Surroundings {
  /** Our own user id. */
  self: string;
  now: number;
  /** A message on which reactions mean consent. */
  isNotice(channel: string, ts: string): boolean;
}

export interface Decoded {
  event: ChatEvent;
  /** A mark: the reaction as Slack names it, and when it was made. */
  mark: { reaction: string; ts: string } | null;
}

/** An event -> what it tells; undefined for what is not ours to know. */
export function decode(event: SlackEvent, around: Surroundings): Decoded | undefined {
  const at = event.event_ts === undefined ? around.now : timeOf(event.event_ts);
  switch (event.type) {
    case 'reaction_added':
    case 'reaction_removed':
      return reaction(event, event.type === 'reaction_added', at, around);
    case 'message': {
      const { subtype, channel, deleted_ts } = event;
      if (subtype !== 'message_deleted' || channel === undefined || deleted_ts === undefined)
        return undefined;
      return told({ kind: 'message-gone', ref: refOf(channel, deleted_ts), at });
    }
    case 'channel_left':
    case 'group_left':
    case 'channel_archive':
    case 'group_archive':
      return ofChannel(event.channel, false, at);
    case 'channel_deleted':
    case 'group_deleted':
      return ofChannel(event.channel, false, at, true);
    case 'channel_unarchive':
    case 'group_unarchive':
      return ofChannel(event.channel, true, at);
    case 'member_joined_channel':
      return event.user === around.self ? ofChannel(event.channel, true, at) : undefined;
    default:
      return undefined;
  }
}

function reaction(
  { user, item, item_user, reaction: name = '', event_ts }: SlackEvent,
  present: boolean,
  at: number,
  { self, now, isNotice }: Surroundings,
): Decoded | undefined {
  const emoji = canonical(name);
  const { channel, ts } = item ?? {};
  if (item?.type !== 'message' || !channel || !ts || !user || emoji === undefined) return undefined;
  if (user === self || (item_user ?? self) !== self) return undefined;
  const account = bareAccount(user);
  const mark = { reaction: name, ts: event_ts ?? `${Math.floor(now / 1000)}.0` };
  if (!isNotice(channel, ts))
    return { event: { kind: 'reaction', ref: refOf(channel, ts), account, emoji, present, at }, mark };
  if (emoji !== 'done') return undefined;
  return { event: { kind: 'consent', channel, account, given: present, at }, mark };
}

/** `nsfw` is what a channel allows; the adapter asks Slack where it matters. */
function ofChannel(
  channel: string | undefined,
  canPost: boolean,
  at: number,
  gone = false,
): Decoded | undefined {
  if (channel === undefined) return undefined;
  return told({ kind: 'channel', platform: 'slack', channel, canPost, gone, nsfw: false, at });
}

function told(event: ChatEvent): Decoded {
  return { event, mark: null };
}

function refOf(channel: string, message: string): MessageRef {
  return { platform: 'slack', channel, message };
}
