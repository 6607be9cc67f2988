/** What may learn from the votes: the one list of names that schemas, commands and tables are made of. */
export const learnerNames = ['acclaim', 'hero', 'ddpo', 'd3po', 'nft', 'papa'] as const;
export type LearnerName = (typeof learnerNames)[number];
