// Which of the votes that were sent are durable, and when each came to be so.
import type { BotRequests } from './bot.mjs';
import type { Sent } from './peer.mjs';

type Durable = ReturnType<BotRequests['measured']>['durable'];

/**
 * Each event's row. A mark may change several times within a moment: Discord's line keeps the order, so its
 * rows are those of its events in turn; Slack's calls arrive in any order and carry their time, which the row
 * has too. One that came after a newer call about the same mark (sent within a second) changes nothing and
 * has no row: it is overtaken, not lost. `times`: ms from sent to durable.
 */
export function matched(
  events: readonly Sent[],
  durable: Durable,
  inLedger: (key: string) => string,
): { times: number[]; overtaken: number } {
  const rows = new Map<string, [number, number][]>();
  for (const [key, ...times] of durable) rows.set(key, [...(rows.get(key) ?? []), times]);
  const times: number[] = [];
  const without: [string, number][] = [];
  const kept = new Map<string, number[]>();
  for (const [key, present, sent, told] of events) {
    const own = rows.get(`${inLedger(key)} ${present}`) ?? [];
    const index = told === null ? 0 : own.findIndex(([, at]) => at === told);
    const [row] = index < 0 ? [] : own.splice(index, 1);
    if (row) times.push(row[0] - sent);
    else if (told !== null) without.push([key, sent]);
    if (row) kept.set(key, [...(kept.get(key) ?? []), sent]);
  }
  const newer = ([key, sent]: [string, number]) =>
    kept.get(key)?.some((at) => at > sent && at < sent + 1000) === true;
  return { times, overtaken: without.filter(newer).length };
}
