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
export type Size = 'small' | 'brief' | 'usual' | 'large' | 'whole';
export function planOf(seed: number, size?: Size): Plan;
export function described(plan: Plan): string;
