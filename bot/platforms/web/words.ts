/** What the adapter itself says, beside the cards it is handed. */
export const words = {
  takenDown: 'The pictures were taken down: this channel is no longer one where they may be shown.',
} as const;
