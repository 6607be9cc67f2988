/**
 * Quiet hours open nothing: what would be posted waits for their end. Minutes of the UTC day; they may span
 * midnight.
 */
import type { Rules } from './rules.js';

const minute = 60_000;
const dayMinutes = 1440;

/** Epoch ms at which the quiet hours that hold `at` end; 0 outside them. */
export function quietUntil(hours: Rules['quietHours'], at: number): number {
  if (!hours || hours.from === hours.to) return 0;
  const now = Math.floor(at / minute) % dayMinutes;
  const since = (now - hours.from + dayMinutes) % dayMinutes;
  const length = (hours.to - hours.from + dayMinutes) % dayMinutes;
  if (since >= length) return 0;
  return (Math.floor(at / minute) + length - since) * minute;
}
