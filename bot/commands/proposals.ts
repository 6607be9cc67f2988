/** What members ask for where a moderator must look at it first, and the moderator's word on it. */

import { lines, say, sentences } from '../../src/words/text.js';
import type { StartRequest } from '../services/requests.js';
import { proposalLine } from '../views/proposal.js';
import { roundTimeLine } from '../views/round-time.js';
import type { Answer, ChatCommand, CommandContext } from './command.js';

/** Instead of opening it. What could not be opened anyway is refused at once. */
export async function propose(context: CommandContext, request: StartRequest): Promise<Answer> {
  const { services, acts, account, by, channel } = context;
  const { number, server } = await services.proposing.propose(request, context);
  const act = { session: `@${server}`, by: by.key, role: by.role, command: 'session start' };
  await acts.record({ ...act, args: { proposal: number }, refused: null });
  const time = roundTimeLine(await services.roundTimes.ofRequest(request, account.platform));
  return {
    title: say('Proposal {number}', { number }),
    text: sentences(
      say('A moderator looks at it first; you are told here, or on the card in the channel.'),
      time,
    ),
    data: { proposal: number, channel },
  };
}

const proposals: ChatCommand = {
  reads: ({ what = 'list', number }) => what === 'list' || what === 'show' || number === undefined,
  spec: {
    path: ['proposals'],
    help: say('What members would like to open: list them, look at one, open or refuse it'),
    role: 'moderator',
    args: [
      {
        name: 'what',
        help: say('list, show, ok or refuse'),
        type: { choice: ['list', 'show', 'ok', 'refuse'] },
      },
      { name: 'number', help: say('of the proposal'), type: 'number' },
      { name: 'reason', help: say('of a refusal, told to the asker'), type: 'text', rest: true },
    ],
    options: [],
  },
  async run(context) {
    const { services, account, values } = context;
    const { proposing } = services;
    const { what = 'list', number } = values as { what?: string; number?: number };
    if (what === 'list' || number === undefined) {
      const waiting = await proposing.inSight(context);
      const how = say(
        '**/acclaim proposals ok 3** opens one, **/acclaim proposals refuse 3 REASON** does not.',
      );
      const told = waiting.length > 0 ? [...waiting.map(proposalLine), how] : [say('None waits.')];
      return { title: say('Proposals'), text: lines(told) };
    }
    if (what === 'show') {
      const proposal = await proposing.find(number, context);
      const time = roundTimeLine(await services.roundTimes.ofRequest(proposal.wish, account.platform));
      return { title: say('Proposal {number}', { number }), text: lines([proposalLine(proposal), time]) };
    }
    if (what === 'ok') {
      const session = await proposing.open(number, context);
      return {
        title: say('Opened'),
        text: say('Proposal {number} is the session **{session}**.', { number, session }),
        data: { session },
      };
    }
    const reason = services.plans.policy.allow((values.reason as string | undefined) ?? '', false);
    await proposing.refuse(number, context, reason);
    return {
      title: say('Refused'),
      text: say('Proposal {number} is gone, and its asker is told.', { number }),
    };
  },
};

export const proposalCommands: readonly ChatCommand[] = [proposals];
