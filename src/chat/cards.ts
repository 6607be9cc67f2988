/** What the platforms read out of cards in the same way. */
import { say, type Text } from '../words/text.js';
import type { Card } from './port.js';

/** Ten steps and the figure: the bar never says it by its look alone. */
export function progressBar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 10);
  return `${'▰'.repeat(full)}${'▱'.repeat(10 - full)} ${Math.round(share * 100)} %`;
}

/**
 * Names of the pictures that may be flagged, for a button to carry: "A1,A2,A3" or "#12"; a sheet has nine at
 * most.
 */
export function cellsOf({ data }: Card): string {
  const cells = Array.isArray(data?.cells) ? (data.cells as { name?: unknown; state?: unknown }[]) : [];
  return cells
    .flatMap(({ name, state = 'shown' }) => (typeof name === 'string' && state === 'shown' ? [name] : []))
    .slice(0, 9)
    .join(',');
}

/** Of which picture is asked before it is told. */
export const asksForCell = (button: string): button is 'flag' | 'why' | 'best' =>
  button === 'flag' || button === 'why' || button === 'best';

/**
 * What a card says of time: an open ballot's deadline, or since when a round waits; `at` in epoch seconds,
 * `ahead`: it is to come.
 */
export function momentOf({ data }: Card): { says: Text; at: number; ahead: boolean } | undefined {
  const of = (says: Text, ahead: boolean, at: unknown) =>
    typeof at === 'number' ? { says, ahead, at: Math.floor(at / 1000) } : undefined;
  return of(say('Closes'), true, data?.deadline) ?? of(say('Waiting since'), false, data?.since);
}
