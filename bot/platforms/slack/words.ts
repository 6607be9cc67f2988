/** What the adapter itself says, beside the cards it is handed. */
export const words = {
  pickCell: 'Which picture should not be shown? Only you see this.',
  pickPlaceholder: 'A picture of this sheet',
  consented: 'Thank you: your votes count from now on. **/acclaim me** shows what is held about you.',
  withdrawn: 'Your consent is withdrawn and nothing here leads to you any more.',
  done: 'Done.',
  failed: 'Something went wrong on my side; nothing was changed. Please try again.',
  channelsOnly: 'I work in channels, in the one of a session. Invite me there and ask again.',
  takenDown: 'The pictures were taken down: this channel is no longer a private one of moderators.',
  reveal: 'Show to me',
  revealed: 'Only you see this.',
  closes: 'Closes ',
} as const;
