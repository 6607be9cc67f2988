/** Made ids and the names of cells. No ":" in any of them (queues forbid it), and all fit a button's 100 characters. */
export const roundId = (session: string, number: number): string => `${session}.${number}`;
export const imageId = (round: string, index: number): string => `${round}.${index}`;
export const ballotId = (round: string, sheet: number, ordinal: number): string =>
  `${round}.s${sheet}.${ordinal}`;
export const jobKey = (session: string, round: number, kind: string, attempt: number): string =>
  `${session}.${round}.${kind}.${attempt}`;

/** Cell n (from 1) of sheet s (from 0): A1, A2, ... B1. */
export function cellName(sheet: number, cell: number): string {
  return `${String.fromCharCode(65 + sheet)}${cell}`;
}

/** The name under which moderators see a voter: the beginning of their key. */
export const voterCode = (key: string): string => `v${key.slice(0, 8)}`;

/** The reverse, in any case of letters; undefined where it names no cell. */
export function parseCell(text: string): { sheet: number; cell: number } | undefined {
  const match = /^\s*([a-z])\s*([1-9])\s*$/i.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  return { sheet: match[1].toUpperCase().charCodeAt(0) - 65, cell: Number(match[2]) };
}
