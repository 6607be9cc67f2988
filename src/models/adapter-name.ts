/**
 * What a session's LoRA is called as a file, wherever it is handed out: on the page, in a chat, by the
 * command line.
 */
export function adapterName(session: string, round: number, format: string): string {
  return `${session}-round-${round}${format === 'diffusers' ? '' : `-${format}`}`;
}
