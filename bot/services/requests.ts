/** What people ask services for, and who asks. */
import type { Account } from '../../src/chat/port.js';
import type { Seen } from '../../src/domain/state/events.js';
import type { Rules } from '../../src/domain/state/rules.js';

/** Who acts, and in which channel of which platform. */
export interface Asker {
  account: Account;
  /** The account as the ledger knows it. */
  by: Seen;
  /** Address of the channel on the account's platform. */
  channel: string;
  /** Where the asker is answered, for those who are told more later. */
  replyTo: string;
}

/** Where something is asked for: enough to know the server and what is in sight. */
export type Asking = Pick<Asker, 'account' | 'channel'>;

/** A session as a person asks for it; what is missing is as configured. */
export interface StartRequest {
  prompt: string;
  /** Several, drawn a round each in turn, `prompt` the first. */
  prompts?: string[] | undefined;
  title?: string | undefined;
  negative?: string | undefined;
  /** What makes a picture good. */
  criterion?: string | undefined;
  learner?: string | undefined;
  model?: string | undefined;
  images?: number | undefined;
  rounds?: number | undefined;
  ballots?: Rules['ballots'] | undefined;
  seed?: number | undefined;
  /** A session that reduces unsafe images. */
  nsfw?: boolean | undefined;
  /** It begins with what the safety checker marks, before anybody votes. */
  warmStart?: boolean | undefined;
  createdBy: string | null;
}
