/** What the program counts, as English says one and many of it. */
export const nouns = {
  account: { one: 'account', many: 'accounts' },
  ballot: { one: 'ballot', many: 'ballots' },
  change: { one: 'change', many: 'changes' },
  day: { one: 'day', many: 'days' },
  'earlier round': { one: 'earlier round', many: 'earlier rounds' },
  drawing: { one: 'drawing', many: 'drawings' },
  file: { one: 'file', many: 'files' },
  hour: { one: 'hour', many: 'hours' },
  image: { one: 'image', many: 'images' },
  mark: { one: 'mark', many: 'marks' },
  minute: { one: 'minute', many: 'minutes' },
  'more picture': { one: 'more picture', many: 'more pictures' },
  newcomer: { one: 'newcomer', many: 'newcomers' },
  noise: { one: 'noise', many: 'noises' },
  other: { one: 'other', many: 'others' },
  person: { one: 'person', many: 'people' },
  picture: { one: 'picture', many: 'pictures' },
  point: { one: 'point', many: 'points' },
  prompt: { one: 'prompt', many: 'prompts' },
  round: { one: 'round', many: 'rounds' },
  session: { one: 'session', many: 'sessions' },
  step: { one: 'step', many: 'steps' },
  vote: { one: 'vote', many: 'votes' },
  voter: { one: 'voter', many: 'voters' },
} as const;

export type Noun = keyof typeof nouns;
