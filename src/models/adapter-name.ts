/**
 * What LoRAs are called: a session's own as a file, wherever it is handed out, and those that it is drawn
 * with.
 */
import { basename } from 'node:path';

/** On the page, in a chat, by the command line. */
export function adapterName(session: string, round: number, format: string): string {
  return `${session}-round-${round}${format === 'diffusers' ? '' : `-${format}`}`;
}

/** What people call a LoRA that a session is drawn with. */
export const calledOf = ({ name, file }: { name?: string | undefined; file: string }): string =>
  name ?? basename(file, '.safetensors');
