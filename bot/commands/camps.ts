/** Commands for a divided community: going on as two sessions, and which camp is one's own. */
import { partingOf } from '../../src/domain/sessions/split.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { type Camp, camps, type Split } from '../../src/domain/state/split.js';
import { inSentences } from '../../src/errors.js';
import { say, type Text } from '../../src/words/text.js';
import { spread } from '../sessions/time-slices.js';
import { tasteAnswer } from '../views/taste.js';
import { addressOf, channelsNamed, plainChannel } from './channels.js';
import { type ChatCommand, type CommandContext, theSession } from './command.js';

const split: ChatCommand = {
  spec: {
    path: ['session', 'split'],
    help: say('Tastes differ: go on as two sessions, one for each camp, from what was learned'),
    role: 'moderator',
    args: [
      {
        name: 'channel',
        help: say('where camp B goes on; on the page both get channels of their own'),
        type: 'text',
      },
    ],
    options: [],
  },
  async run(context) {
    const { services, acts, values } = context;
    const state = await theSession(context);
    const { session } = state;
    const text = values.channel === undefined ? undefined : plainChannel(String(values.channel));
    const other = text && addressOf(text, await channelsNamed(context, text));
    const parting = await spread(partingOf(state));
    const into = await services.splits.placesFor(state, context, other);
    const refusal = await services.splits.open(session.title, into, () =>
      acts.act(session.id, { name: 'split', parting, into }, context),
    );
    if (refusal) return { title: say('Not done'), text: inSentences(refusal) };
    return {
      title: say('Two camps'),
      text: say(
        'Camp A goes on in the channel **{a}**, camp B in **{b}**. **/acclaim undo** takes it back.',
        {
          a: into.A.place.address,
          b: into.B.place.address,
        },
      ),
      data: { session: into.A.session, channel: into.A.place.address },
    };
  },
};

const taste: ChatCommand = {
  spec: {
    path: ['taste'],
    help: say('Which camp is yours where a session was split, and why; or go over to one'),
    role: 'member',
    args: [{ name: 'camp', help: say('where your votes are to count'), type: { choice: camps } }],
    options: [],
  },
  async run(context) {
    const { services, acts, by, values } = context;
    const asked = await theSession(context);
    const made = asked.session.split;
    if (!made)
      return {
        title: say('Your taste'),
        text: say('This session was not split: everybody votes on the same pictures.'),
      };
    const home = made.camp ? asked : await services.sessions.find(made.sessions.A);
    const camp = values.camp as Camp | undefined;
    if (camp !== undefined && home) {
      const channel = made.camp ? context.channel : home.bindings[0]!.address;
      const refusal = await acts.act(home.session.id, { name: 'taste', camp }, { by, channel });
      if (refusal) return { title: say('Not done'), text: inSentences(refusal) };
    }
    return tasteAnswer((await services.sessions.find(asked.session.id)) ?? asked, {
      parent: await services.sessions.find(made.parent),
      addresses: await addresses(context, made),
      voter: by.key,
    });
  },
};

/** Of the camps' channels, as far as whoever asks may be told. */
async function addresses(context: CommandContext, { sessions }: Split): Promise<Record<Camp, Text>> {
  const { services } = context;
  const of = async (camp: Camp): Promise<Text> => {
    const state: SessionState | undefined = await services.sessions.find(sessions[camp]);
    const seen = await services.sight.ofSession(context, sessions[camp]);
    return (seen && state?.bindings[0]?.address) || say('one that you do not see');
  };
  return { A: await of('A'), B: await of('B') };
}

export const campCommands: readonly ChatCommand[] = [split, taste];
