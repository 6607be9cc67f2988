/**
 * Slack's timestamps, "1700000000.000100": ids of messages and order of events. They are compared and kept as
 * the text they came in, because as a number the last digits are lost; only the time of day is read from
 * them.
 */

/** Epoch ms. */
export function timeOf(ts: string): number {
  const [seconds = '0', fraction = ''] = ts.split('.');
  return Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

/** Epoch ms -> a timestamp, to the second. */
export function tsOf(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1000))}.000000`;
}

/** Is `a` later than `b`? */
export function later(a: string, b: string): boolean {
  const [x, y] = [a.split('.'), b.split('.')];
  const [s, t] = [BigInt(x[0] || '0'), BigInt(y[0] || '0')];
  return s === t ? (x[1] ?? '').padEnd(9, '0') > (y[1] ?? '').padEnd(9, '0') : s > t;
}
