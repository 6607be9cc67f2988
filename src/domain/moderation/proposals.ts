/**
 * Approval of prompts: where it is on, what a member asks for opens nothing until a moderator of the same
 * server has looked at it. A proposal waits, is opened or refused once, and is gone then: of what was refused
 * no text is kept.
 */

import { say } from '../../words/text.js';
import type { Refusal } from '../state/decision.js';
import type { Platform, Role } from '../state/model.js';
import { atLeast } from '../state/roles.js';
import type { Rules } from '../state/rules.js';

/** What was asked for: as `session start` takes it. */
export interface Wish {
  prompt: string;
  title?: string | undefined;
  criterion?: string | undefined;
  learner?: string | undefined;
  model?: string | undefined;
  images?: number | undefined;
  rounds?: number | undefined;
  ballots?: Rules['ballots'] | undefined;
  negative?: string | undefined;
}

export interface Proposal {
  /** What people call it by; never used twice. */
  number: number;
  /** As settings know servers. */
  server: string;
  platform: Platform;
  /** Address of the channel where it was asked for and would open. */
  channel: string;
  wish: Wish;
  /** Voter key; null of somebody who has not agreed to be known. */
  by: string | null;
  at: number;
}

/**
 * Proposals that wait at most, so that nobody buries a server's moderators: of one server, and of one person
 * there.
 */
export const mostWaiting = { server: 20, person: 3 } as const;

/** Moderators are those whom a member would have to ask. */
export function mustAsk(approval: boolean, role: Role): boolean {
  return approval && !atLeast(role, 'moderator');
}

/** Null when one more may wait. */
export function tooMany(waiting: readonly Proposal[], server: string, by: string | null): Refusal | null {
  const here = waiting.filter((one) => one.server === server);
  const own = by === null ? [] : here.filter((one) => one.by === by);
  if (here.length < mostWaiting.server && own.length < mostWaiting.person) return null;
  return {
    code: 'not-allowed',
    message:
      own.length >= mostWaiting.person
        ? say('{proposals} proposals of yours wait for a moderator already.', { proposals: own.length })
        : say('{proposals} proposals wait here for a moderator already.', { proposals: here.length }),
    hint: say('Ask again once some are decided.'),
  };
}

/** The proposal that a moderator may decide, or why not. A number of another server is none. */
export function toDecide(
  waiting: readonly Proposal[],
  number: number,
  { server, role }: { server: string; role: Role },
): Proposal | Refusal {
  if (!atLeast(role, 'moderator'))
    return {
      code: 'not-allowed',
      message: say('Only a moderator may decide that.'),
      hint: say('Ask one of them.'),
    };
  const found = waiting.find((one) => one.number === number && one.server === server);
  if (found) return found;
  return {
    code: 'unknown',
    message: say('Proposal {number} does not wait here (any more).', { number }),
    hint: say('**/acclaim proposals** lists those that do.'),
  };
}

export function isRefusal(outcome: Proposal | Refusal): outcome is Refusal {
  return 'code' in outcome;
}
