/** What the adapter itself says, beside the cards it is handed. */
export const words = {
  pickCell: 'Which picture should not be shown? Only you see this.',
  pickPlaceholder: 'A picture of this sheet',
  consented: 'Thank you: your votes count from now on. **/acclaim me** shows what is held about you.',
  withdrawn: 'Your consent is withdrawn and nothing here leads to you any more.',
  done: 'Done.',
  failed: 'Something went wrong on my side. Look how things stand before you try again.',
  staleButton: 'This button does nothing any more.',
  staleCommand: 'This command has changed. Reload Discord (Ctrl+R) and choose it again.',
  serversOnly: 'I work on servers, in the channel of a session.',
  takenDown: 'The pictures were taken down: this channel is no longer age-restricted.',
  longAnswer: 'The whole answer is in the file.',
} as const;
