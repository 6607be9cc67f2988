/** The configuration's `session`, `votes`, `retention` and `servers` as rules in the domain's units. */

import type { Retention } from '../domain/sessions/retention.js';
import type { Budgets } from '../domain/state/budgets.js';
import type { Platform } from '../domain/state/model.js';
import { page, platforms } from '../domain/state/platforms.js';
import type { Rules } from '../domain/state/rules.js';
import type { Config } from './schema.js';

/** `07:30` -> minutes of the day. */
function minutes(time: string): number {
  const [hours, rest] = time.split(':').map(Number);
  return hours! * 60 + rest!;
}

/** Which servers the bot is there for. */
export function guestRules({ servers, discord, slack }: Pick<Config, 'servers' | 'discord' | 'slack'>) {
  return {
    open: servers === 'open',
    own: { discord: discord.ownServers, slack: slack.ownWorkspaces },
    adminsAreOperators: {
      discord: discord.roles.adminsAreOperators,
      slack: slack.roles.adminsAreOperators,
    },
  };
}

/** What may be drawn, for whatever sessions. */
export function hostBudgets({ budgets }: Pick<Config, 'budgets'>): Budgets {
  const { session, channelDay, serverDay } = budgets;
  return { sessionImages: session, channelImages: channelDay, serverImages: serverDay };
}

/** Rules of a new session on that platform. */
export function sessionRules({ session, votes, ...config }: Config, platform: Platform = page): Rules {
  const { quietHours } = session;
  return {
    imagesPerRound: session.images,
    ballots: session.ballots,
    sheetSize: session.cells,
    quorum: votes.quorum,
    quorumBy: votes.quorumBy === 'auto' ? platforms[platform].quorumBy : votes.quorumBy,
    restMs: votes.settleSeconds * 1000,
    roundMs: votes.deadlineMinutes * 60_000,
    budgetRounds: session.rounds,
    ...hostBudgets(config),
    goal: session.goal,
    goalRounds: session.goalRounds,
    goalJudged: session.goalJudged,
    unmarkedWeight: votes.unmarkedWeight,
    jobAttempts: session.attempts,
    flagsToHold: votes.flagsToHold,
    review: session.review,
    showHeld: session.showHeld,
    picks: session.picks === 'on',
    drawMinutes: session.minutes,
    quietHours: quietHours && { from: minutes(quietHours.from), to: minutes(quietHours.to) },
    guards: votes.guards,
  };
}

const DAY_MS = 86_400_000;
const inMs = (days: number | null): number | null => days && days * DAY_MS;

/** How long rounds keep what they are learned from, and their pictures, in ms. */
export function retentionOf({ retention }: Pick<Config, 'retention'>): Retention {
  return { tensorsMs: inMs(retention.tensorsDays), picturesMs: inMs(retention.picturesDays) };
}
