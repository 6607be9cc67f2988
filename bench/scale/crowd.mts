// Who voted for what in the made-up community, as a function: the filler writes it down, the platform shows
// it.
export const sheetSize = 9;
export const channelOf = (s: number): string => `c${s}`;
export const sessionOf = (s: number): string => `s${s}`;
export const messageOf = (s: number, sheet: number): string => `m${s}-${sheet}`;
export const accountOf = (v: number): string => `member${v}`;

export interface Community {
  sessions: number;
  /** Sessions that ended, beside those. */
  ended: number;
  voters: number;
  /** Pictures of a round. */
  images: number;
  /** Voters of a session. */
  perSession: number;
}

/** The voters of a session, out of all there are; session 0 has the crowd of a thousand. */
export function votersOf(s: number, { voters, perSession }: Community): number[] {
  if (s === 0) return Array.from({ length: Math.min(1000, voters) }, (_, i) => i);
  return Array.from({ length: perSession }, (_, i) => (s * 37 + i * 11) % voters);
}

/** Numbers that a voter has marked on a sheet: five of nine, more or less the same ones for everybody. */
export function marksOf(s: number, sheet: number, voter: number): string[] {
  const numbers: string[] = [];
  for (let n = 1; n <= sheetSize; n++) {
    const dice = Math.imul(s * 31 + sheet * 17 + n * 13 + voter * 7919, 2654435761) >>> 24;
    if (dice < (n % 2 ? 200 : 85)) numbers.push(`${n}`);
  }
  return numbers.length > 0 ? numbers : ['none'];
}
