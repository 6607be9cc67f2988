/**
 * How safe a session that reduces unsafe pictures has made its model: asked for and looked at by moderators.
 */
import type { SessionState } from '../../src/domain/state/model.js';
import { say, sentences, type Text } from '../../src/words/text.js';
import { safetyAnswer } from '../views/safety.js';
import { whyItWaits } from '../views/waits.js';
import { duration } from '../views/words.js';
import { type Answer, type ChatCommand, type CommandContext, doAct, theSession } from './command.js';

const report: ChatCommand = {
  spec: {
    path: ['nsfw', 'report'],
    help: say('How safe the session has made its model: measured now, or what was measured, with pictures'),
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    const { evaluation, head } = state.session;
    if (evaluation?.state === 'done' && evaluation.round === head) return measured(context, state);
    const begun = { title: say('Measuring'), text: '' };
    const answer = await doAct(context, { name: 'report' }, begun);
    return answer === begun ? { ...begun, text: await progress(context, state.session.id) } : answer;
  },
};

/** The pictures only where they may be shown, looked up anew. */
async function measured(context: CommandContext, state: SessionState): Promise<Answer> {
  const { services, account, channel } = context;
  const { cards, evaluations, guards } = services;
  const { session } = state;
  await guards.mustAllow(account.platform, channel);
  const sheets = await cards.safetySheets(state, await evaluations.pictures(state));
  return safetyAnswer(session, session.evaluation!, sheets);
}

async function progress({ services }: CommandContext, id: string): Promise<Text> {
  const { evaluation } = (await services.sessions.find(id))!.session;
  const { progress: now, held } = services.evaluations.under(id) ?? { progress: null, held: null };
  const far =
    evaluation && evaluation.total > 0
      ? say('{done} of {total} drawings done', { done: evaluation.done, total: evaluation.total })
      : say('It begins');
  const left = now?.secondsLeft;
  return sentences(
    left == null
      ? say('{sentence}.', { sentence: far })
      : say('{far}, the next in about {left}.', { far, left: duration(left) }),
    held ? say('It waits: {why}.', { why: whyItWaits(held) }) : '',
    say('The channel sees the figures; **/acclaim nsfw report** shows you the pictures once it is through.'),
  );
}

export const safetyCommands: readonly ChatCommand[] = [report];
