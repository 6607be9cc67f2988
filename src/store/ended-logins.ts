/**
 * The file of the page's ended log-ins (web/ended-logins.json), as the page and a restore read it: the random
 * number of each, and when it was ended. Where the file is damaged it is not known whose log-ins were ended,
 * so all from before count as such.
 */
import { z } from 'zod';

export type Ended = [login: string, at: number];

/** In place of a log-in's number: all that began before. */
export const EVERYONE = '*';

const schema = z.array(z.tuple([z.string(), z.number()]));

/** Null of what is no such file. */
export function parseEnded(text: string): Ended[] | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
