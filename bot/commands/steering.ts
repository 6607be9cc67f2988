/**
 * Commands that say what a session goes on from: an earlier round, more variety, a branch, another strength.
 */
import { resolveModel } from '../../src/config/models.js';
import { promptReading } from '../../src/models/prompt-reading.js';
import { lines, say } from '../../src/words/text.js';
import { newId } from '../services/plans.js';
import { readingLines } from '../views/reading.js';
import { type ChatCommand, type CommandContext, doAct, theSession } from './command.js';

const text = (values: CommandContext['values'], name: string) => values[name] as string | undefined;
const integer = (values: CommandContext['values'], name: string) => values[name] as number | undefined;

const finishedRound = {
  name: 'round',
  help: say('a finished round; 0 is the base model'),
  type: 'number',
  required: true,
} as const;

const rollback: ChatCommand = {
  spec: {
    path: ['session', 'rollback'],
    help: say('Go back to what was learned in an earlier round'),
    role: 'moderator',
    args: [finishedRound],
    options: [],
  },
  run: (context) => {
    const round = integer(context.values, 'round')!;
    const to = round === 0 ? say('the base model') : say('round {round}', { round });
    return doAct(
      context,
      { name: 'rollback', round },
      { title: say('Rolled back'), text: say('The next round starts from {to}.', { to }) },
    );
  },
};

const vary: ChatCommand = {
  spec: {
    path: ['session', 'vary'],
    help: say('Good pictures have become alike: more variety from the next round on'),
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(
      context,
      { name: 'vary' },
      {
        title: say('More variety'),
        text: say(
          'From the next round on what was learned steers half of each drawing, and nothing is chosen beforehand. **/acclaim undo** takes it back.',
        ),
      },
    ),
};

const branch: ChatCommand = {
  spec: {
    path: ['session', 'branch'],
    help: say('Start a session of its own from a finished round'),
    role: 'moderator',
    args: [
      finishedRound,
      { name: 'prompt', help: say('another prompt; else the same'), type: 'text', rest: true },
    ],
    options: [{ name: 'criterion', help: say('what makes a picture good there'), type: 'text' }],
  },
  async run(context) {
    const { services, account, values } = context;
    const { policy } = services.plans;
    const round = integer(values, 'round')!;
    const { nsfw, title, model, prompt: before } = (await theSession(context)).session;
    const prompt = policy.allow(text(values, 'prompt') ?? '', nsfw) || null;
    const criterion = policy.allow(text(values, 'criterion') ?? '', nsfw) || undefined;
    // Sessions may be older than today's policy, and what is said of a prompt is judged with it.
    if (prompt === null || criterion) policy.allow([prompt ?? before, criterion].join(' ').trim(), nsfw);
    const reading = prompt === null ? undefined : (promptReading(resolveModel(model), prompt) ?? undefined);
    const id = newId(prompt ?? title);
    const place = services.places.placeFor(id, context, nsfw);
    if (nsfw) await services.guards.mustAllow(account.platform, place.address);
    const said = {
      title: say('Branched'),
      text: lines([
        say('The branch is in the channel **{address}**.', { address: place.address }),
        ...readingLines(reading),
      ]),
      data: { session: id, channel: place.address },
    };
    return doAct(context, { name: 'branch', round, session: id, prompt, criterion, reading, place }, said);
  },
};

const strength: ChatCommand = {
  spec: {
    path: ['session', 'strength'],
    help: say(
      'The newest model on four same noises, with what it learned from left out to half as much again',
    ),
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(
      context,
      { name: 'strength' },
      {
        title: say('Strengths'),
        text: say('They are drawn beside the rounds, and shown in the channel.'),
      },
    ),
};

export const steeringCommands: readonly ChatCommand[] = [rollback, vary, branch, strength];
