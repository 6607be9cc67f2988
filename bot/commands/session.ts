/** Commands about a session as a whole. */

import { promptNotes } from '../../src/chat/prompt-syntax.js';
import { learnerNames } from '../../src/config/learners.js';
import { loadTask, taskNames } from '../../src/config/tasks.js';
import { approvals } from '../../src/domain/state/approval.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Job, Round } from '../../src/domain/state/round.js';
import { ballotKinds } from '../../src/domain/state/rules.js';
import { turnout } from '../../src/domain/voting/turnout.js';
import { AcclaimError } from '../../src/errors.js';
import { counted, lines, listed, say, sentences, type Text } from '../../src/words/text.js';
import type { StartRequest } from '../services/requests.js';
import { readingLines } from '../views/reading.js';
import { roundTimeLine } from '../views/round-time.js';
import { pauseWords, phaseWords, stageWords, stateWords } from '../views/states.js';
import { turnoutWords } from '../views/turnout.js';
import { whyItWaits } from '../views/waits.js';
import { duration, judgedWords, percent } from '../views/words.js';
import { type Answer, type ChatCommand, type CommandContext, doAct, theSession } from './command.js';
import { mustBeHere } from './model.js';
import { poolLines } from './pool.js';
import { propose } from './proposals.js';

const text = (values: CommandContext['values'], name: string) => values[name] as string | undefined;
const integer = (values: CommandContext['values'], name: string) => values[name] as number | undefined;

/** `session start`; `nsfw start` takes its arguments. */
export const start: ChatCommand = {
  spec: {
    path: ['session', 'start'],
    help: say('Open a session: a prompt or the name of a task'),
    role: 'member',
    args: [
      {
        name: 'prompt',
        help: say('what to draw, in plain words, or a task such as rose'),
        type: 'text',
        required: true,
        rest: true,
      },
    ],
    options: [
      {
        name: 'learner',
        help: say('what learns from the votes'),
        type: { choice: learnerNames },
      },
      { name: 'model', help: say('one of the list of models; else the one in use here'), type: 'text' },
      { name: 'images', help: say('images a round'), type: 'integer' },
      {
        name: 'ballots',
        help: say(
          'sheet: numbered; buttons: so, marked unseen; gallery: one, liked or not; duel: two, which is better',
        ),
        type: { choice: [...ballotKinds] },
      },
      { name: 'rounds', help: say('rounds until it ends'), type: 'integer' },
      {
        name: 'criterion',
        help: say('what makes a picture good, such as "exactly five fingers"; its ballots say it'),
        type: 'text',
      },
      {
        name: 'negative',
        help: say('what should not be in the pictures; several words in quotes'),
        type: 'text',
      },
    ],
  },
  run: (context) => startSession(context, false),
};

/** `nsfw`: one that reduces unsafe images. */
export async function startSession(context: CommandContext, nsfw: boolean): Promise<Answer> {
  const { services, account, channel, values, by } = context;
  const { memberStarts } = await services.settings.of(context);
  if (memberStarts === false && account.role === 'member')
    throw new AcclaimError(
      'not-allowed',
      say('Members may not open sessions here.'),
      say('Ask a moderator.'),
    );
  const model = text(values, 'model');
  if (model !== undefined) mustBeHere(model);
  const asked = text(values, 'prompt')!;
  const task = taskNames().includes(asked.toLowerCase()) ? loadTask(asked.toLowerCase()) : undefined;
  // Only where people say what is unsafe do marks on one prompt say something of another.
  const several = nsfw && asked.includes('|') ? asked.split('|').map((one) => one.trim()) : undefined;
  const request = {
    prompt: several?.[0] ?? task?.prompt ?? asked,
    prompts: several,
    title: task?.name,
    criterion: text(values, 'criterion') ?? task?.criterion,
    learner: text(values, 'learner'),
    model,
    images: integer(values, 'images'),
    rounds: integer(values, 'rounds'),
    negative: text(values, 'negative'),
    ballots: values.ballots as StartRequest['ballots'],
    createdBy: by.key,
    nsfw,
    ...(values.begin === 'checker' && { warmStart: true }),
  };
  if (await services.settings.mustAsk(context)) return propose(context, request);
  const { session, bindings } = await services.startSession.start(request, context);
  const data = { session: session.id, channel: bindings[0]!.address };
  const { address } = bindings[0]!;
  const { rules, learner } = session;
  const kind = { model: session.model, learner: learner.name, images: rules.imagesPerRound };
  const time = roundTimeLine(await services.roundTimes.ofRequest(kind, account.platform));
  const begins = beginsWords(session.pause === 'budget', address === channel ? null : address);
  const notes = [...readingLines(session.reading), ...promptNotes(session.prompt)];
  const said = lines([sentences(begins, time), ...notes]);
  return { title: say('Session opened'), text: said, data };
}

/** `address`: of another channel, where it runs there. */
function beginsWords(later: boolean, address: string | null): Text {
  if (address === null)
    return later
      ? say("Today's images are used up here: the first round is drawn here after midnight (UTC).")
      : say('The first round is being drawn here.');
  return later
    ? say(
        "Today's images are used up here: the first round is drawn in the channel **{address}** after midnight (UTC).",
        { address },
      )
    : say('The first round is being drawn in the channel **{address}**.', { address });
}

const status: ChatCommand = {
  spec: {
    path: ['session', 'status'],
    help: say('Where the session stands'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    return {
      title: state.session.title,
      text: lines([...statusLines(state), ...poolLines(context, state)]),
    };
  },
};

const list: ChatCommand = {
  spec: { path: ['session', 'list'], help: say('All sessions here'), role: 'member', args: [], options: [] },
  async run(context) {
    const here = await context.services.serverSessions.inSight(context);
    const told = here.map(({ session, rounds }) => {
      const { id, state, title } = session;
      const last = approvals(rounds).at(-1);
      const values = { id, state: stateWords[state], title, round: rounds.length };
      return last
        ? say('**{id}** ({state}): {title}, round {round}, {share} approval', {
            ...values,
            share: percent(last.share),
          })
        : say('**{id}** ({state}): {title}, round {round}', values);
    });
    return { title: say('Sessions'), text: told.length > 0 ? lines(told) : say('There is none yet.') };
  },
};

const simple = (word: 'pause' | 'stop', help: Text, answer: Answer): ChatCommand => ({
  spec: { path: ['session', word], help, role: 'moderator', args: [], options: [] },
  run: (context) => doAct(context, { name: word }, answer),
});

const resume: ChatCommand = {
  spec: {
    path: ['session', 'resume'],
    help: say('Go on after a pause'),
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    await context.services.guards.mustResume(await theSession(context));
    return doAct(context, { name: 'resume' }, { title: say('Resumed'), text: say('The session goes on.') });
  },
};

const story: ChatCommand = {
  spec: {
    path: ['session', 'story'],
    help: say('The first round beside the latest, and approval by round'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const { session } = await theSession(context);
    await context.services.stories.show(session.id);
    return { title: say('The story so far'), text: say('Here it is, in the channel.') };
  },
};

function statusLines(state: SessionState): Text[] {
  const { session, rounds, jobs } = state;
  const round = rounds.at(-1);
  const job = [...jobs.values()].findLast((j) => j.state === 'running');
  const held = [...jobs.values()].findLast((j) => j.state === 'waiting')?.held;
  const told: Text[] = [
    say('**Prompt**: {prompt}', { prompt: session.prompt }),
    ...(session.criterion === undefined
      ? []
      : [say('**Good means**: {criterion}', { criterion: session.criterion })]),
    say('**State**: {state}', {
      state: session.pause
        ? say('paused ({why})', { why: pauseWords[session.pause] })
        : stateWords[session.state],
    }),
  ];
  if (round) told.push(roundLine(state, round));
  if (round?.state === 'open')
    told.push(say('**Votes**: {turnout}', { turnout: turnoutWords(turnout(state, round), session) }));
  if (job) told.push(jobLine(job));
  if (held) told.push(say('**Now**: it waits: {why}. It goes on by itself.', { why: whyItWaits(held) }));
  const shares = approvals(rounds);
  const last = shares.at(-1);
  if (last)
    told.push(
      say('**Approval by round**: {all} (round {round}: {judged})', {
        all: listed(shares.map(({ share }) => percent(share))),
        round: last.round,
        judged: judgedWords(last, session.nsfw),
      }),
    );
  return told;
}

function roundLine({ ballots }: SessionState, round: Round): Text {
  const live = [...ballots.values()].filter((b) => b.round === round.id && b.state === 'live').length;
  const values = { number: round.number, state: phaseWords[round.state] };
  return live > 0
    ? say('**Round {number}**: {state}, {ballots} open', { ...values, ballots: counted(live, 'ballot') })
    : say('**Round {number}**: {state}', values);
}

function jobLine({ stage, kind, done, total, secondsLeft }: Job): Text {
  const values = { stage: stageWords(kind, stage), done, total };
  return secondsLeft === null
    ? say('**Now**: {stage} {done} of {total}', values)
    : say('**Now**: {stage} {done} of {total}, about {left} left', {
        ...values,
        left: duration(secondsLeft),
      });
}

export const sessionCommands: readonly ChatCommand[] = [
  start,
  status,
  list,
  simple('pause', say('Open nothing new; votes are still taken'), {
    title: say('Paused'),
    text: say('The session is paused.'),
  }),
  resume,
  simple('stop', say('End the session; what it learned is kept'), {
    title: say('Stopped'),
    text: say('The session has ended.'),
  }),
  story,
];
