/**
 * What the page sends -> our own events. Bodies are checked here once; after this no request exists. Several
 * marks may come in one body; a star moves, so naming another picture the best takes the earlier star of that
 * round back.
 */
import { z } from 'zod';
import type { Account, Card, ChatEvent, MessageRef } from '../../../src/chat/port.js';
import { isDuelAnswer, meaning } from '../../../src/domain/state/emoji.js';
import type { Message } from './messages.js';

export const reactBody = z.strictObject({
  message: z.string().max(40),
  marks: z
    .array(z.strictObject({ emoji: z.string().max(20), present: z.boolean() }))
    .min(1)
    // All that can be said of nine pictures.
    .max(80),
});
export const buttonBody = z.strictObject({
  message: z.string().max(40),
  button: z.string().max(40),
  value: z.string().max(200).nullable().default(null),
});
export const commandBody = z.strictObject({
  channel: z.string().min(1).max(80),
  text: z.string().min(1).max(2000),
});
export const completeBody = z.strictObject({
  channel: z.string().min(1).max(80),
  /** Of the command. */
  words: z.string().max(80),
  /** Of its argument or option. */
  name: z.string().max(40),
});
export const consentBody = z.strictObject({ channel: z.string().min(1).max(80), given: z.boolean() });
export const inviteBody = z.strictObject({ code: z.string().max(80) });
export const logoutBody = z.strictObject({});
export const loginBody = z.strictObject({ token: z.string().max(400) });

export type Mark = z.infer<typeof reactBody>['marks'][number];

/** Undefined for a mark that this ballot does not know. */
export function decodeMark(
  message: Message,
  account: Account,
  mark: Mark,
  at: number,
): ChatEvent | undefined {
  if (message.card.kind !== 'ballot') return undefined;
  const said = meaning(mark.emoji);
  if (!said || said.kind === 'flag') return undefined;
  if (said.kind === 'fault' && !mayBeFaulted(message, said.cell)) return undefined;
  const isDuel = message.card.data?.style === 'duel';
  if (said.kind === 'answer' || (isDuel && said.kind !== 'done' && said.kind !== 'fault')) {
    const fits = said.kind === 'answer' || (said.kind === 'best' && said.cell <= cellCount(message));
    return isDuel && fits ? reaction(message, account, mark, at) : undefined;
  }
  const onSheet = said.kind === 'good' || said.kind === 'best';
  if (onSheet && !message.primed.includes(String(said.cell))) return undefined;
  if (!onSheet && said.kind !== 'done' && said.kind !== 'fault' && !message.primed.includes(said.kind))
    return undefined;
  return reaction(message, account, mark, at);
}

function reaction(message: Message, account: Account, { emoji, present }: Mark, at: number): ChatEvent {
  return { kind: 'reaction', ref: refOf(message), account, emoji, present, at };
}

const cellCount = ({ card: { data } }: Message): number =>
  Array.isArray(data?.cells) ? data.cells.length : 0;

function mayBeFaulted({ card: { data } }: Message, cell: number): boolean {
  return Array.isArray(data?.faults) && Array.isArray(data.cells) && cell <= data.cells.length;
}

/**
 * Marks of this person whose place a new one on `message` takes: a star that of every sheet of the same round
 * in the channel, an answer to a duel the one before.
 */
export function earlierMarks(
  message: Message,
  emoji: string,
  all: readonly Message[],
  marksOf: (id: string) => readonly string[],
): { message: Message; emoji: string }[] {
  if (isDuelAnswer(emoji)) return otherAnswers(message, emoji, marksOf(message.id));
  if (!isStar(emoji)) return [];
  return all
    .filter((m) => m.channel === message.channel && sameRound(m, message))
    .flatMap((m) =>
      marksOf(m.id)
        .filter((e) => isStar(e) && !(m.id === message.id && e === emoji))
        .map((e) => ({ message: m, emoji: e })),
    );
}

/**
 * The message and the mark of a report, by the answer to it (`data.flag`); undefined where there is none, or
 * the ballot is gone.
 */
export function flagged(
  data: Card['data'],
  all: readonly Message[],
  channel: string,
): { id: string; emoji: string; on: boolean } | undefined {
  const said = flagData.safeParse(data?.flag);
  if (!said.success) return undefined;
  const { session, round, index, on } = said.data;
  for (const { id, channel: at, card } of all) {
    const own = card.data?.session === session && card.data.round === round;
    if (at !== channel || card.kind !== 'ballot' || !own) continue;
    const cells = flagCells.safeParse(card.data?.cells).data ?? [];
    const cell = cells.find((one) => one.index === index);
    if (cell) return { id, emoji: `flag-${cell.number}`, on };
  }
  return undefined;
}

const flagData = z.object({ session: z.string(), round: z.number(), index: z.number(), on: z.boolean() });
const flagCells = z.array(z.object({ number: z.number(), index: z.number() }));

const otherAnswers = (message: Message, emoji: string, own: readonly string[]) =>
  own.filter((e) => isDuelAnswer(e) && e !== emoji).map((e) => ({ message, emoji: e }));

function isStar(emoji: string): boolean {
  const kind = meaning(emoji)?.kind;
  return kind === 'best' || kind === 'star';
}

function sameRound(a: Message, b: Message): boolean {
  const [x, y] = [a.card.data, b.card.data];
  return a.id === b.id || (x?.session === y?.session && x?.round === y?.round && a.card.kind === 'ballot');
}

export function refOf(message: Message): MessageRef {
  return { platform: 'web', channel: message.channel, message: message.id };
}
