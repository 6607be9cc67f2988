export interface Plan {
  seed: number;
  kind: string;
  round: number;
  stage: string;
  afterMs: number;
  forMs: number;
  victim: string | null;
}
export const kinds: Record<string, object>;
export const rounds: number;
export function planOf(seed: number): Plan;
export function described(plan: Plan): string;
