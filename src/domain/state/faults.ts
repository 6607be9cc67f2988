/**
 * What may be wrong with a picture: the one list that marks, the learner's feedback and the menus of all
 * platforms read. Too few and too many are two faults, since they lie on opposite sides of what is wanted.
 * Words are the views' (bot/views/words.ts).
 */
export const faults = ['thing', 'few', 'many', 'colour', 'ugly', 'other'] as const;
export type Fault = (typeof faults)[number];

export const isFault = (name: string): name is Fault => (faults as readonly string[]).includes(name);

/** The canonical name of the mark: this is wrong with cell n. */
export const faultMark = (fault: Fault, cell: number): string => `${fault}-${cell}`;

/** Share of those who said what is wrong, by what they said; more than one thing may be. */
export type FaultShares = Partial<Record<Fault, number>>;
