/** Commands about a session as a whole. */

import { promptNotes } from '../../src/chat/prompt-syntax.js';
import { learnerNames } from '../../src/config/learners.js';
import { resolveModel } from '../../src/config/models.js';
import { loadTask, taskNames } from '../../src/config/tasks.js';
import { approvals } from '../../src/domain/state/approval.js';
import { count } from '../../src/domain/state/count.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { ballotStyles } from '../../src/domain/state/rules.js';
import { turnout } from '../../src/domain/voting/turnout.js';
import { AcclaimError, cause } from '../../src/errors.js';
import { promptReading } from '../../src/models/prompt-reading.js';
import { newId } from '../services/plans.js';
import type { StartRequest } from '../services/requests.js';
import { readingLines } from '../views/reading.js';
import { roundTimeLine } from '../views/round-time.js';
import { turnoutWords } from '../views/turnout.js';
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
    help: 'Open a session: a prompt or the name of a task',
    role: 'member',
    args: [
      {
        name: 'prompt',
        help: 'what to draw, in plain words, or a task such as rose',
        type: 'text',
        required: true,
        rest: true,
      },
    ],
    options: [
      {
        name: 'learner',
        help: 'what learns from the votes',
        type: { choice: learnerNames },
      },
      { name: 'model', help: 'one of the list of models; else the one in use here', type: 'text' },
      { name: 'images', help: 'images a round', type: 'integer' },
      {
        name: 'ballots',
        help: 'sheet: numbered pictures; gallery: one a message, liked or not; duel: two, which is better',
        type: { choice: [...ballotStyles] },
      },
      { name: 'rounds', help: 'rounds until it ends', type: 'integer' },
      {
        name: 'criterion',
        help: 'what makes a picture good, such as "exactly five fingers"; its ballots say it',
        type: 'text',
      },
      { name: 'negative', help: 'what should not be in the pictures; several words in quotes', type: 'text' },
    ],
  },
  run: (context) => startSession(context, false),
};

/** `nsfw`: one that reduces unsafe images. */
export async function startSession(context: CommandContext, nsfw: boolean): Promise<Answer> {
  const { services, account, channel, values, by } = context;
  const { memberStarts } = await services.settings.of(context);
  if (memberStarts === false && account.role === 'member')
    throw new AcclaimError('not-allowed', 'Members may not open sessions here.', 'Ask a moderator.');
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
  const where = bindings[0]!.address === channel ? 'here' : `in the channel **${bindings[0]!.address}**`;
  const { rules, learner } = session;
  const kind = { model: session.model, learner: learner.name, images: rules.imagesPerRound };
  const time = roundTimeLine(await services.roundTimes.ofRequest(kind, account.platform));
  const begins =
    session.pause === 'budget'
      ? `Today's images are used up here: the first round is drawn ${where} after midnight (UTC).`
      : `The first round is being drawn ${where}.`;
  const notes = [...readingLines(session.reading), ...promptNotes(session.prompt)];
  const said = [`${begins} ${time}`, ...notes].join('\n');
  return { title: 'Session opened', text: said, data };
}

const status: ChatCommand = {
  spec: {
    path: ['session', 'status'],
    help: 'Where the session stands',
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    return {
      title: state.session.title,
      text: [...statusLines(state), ...poolLines(context, state)].join('\n'),
    };
  },
};

const list: ChatCommand = {
  spec: { path: ['session', 'list'], help: 'All sessions here', role: 'member', args: [], options: [] },
  async run(context) {
    const here = await context.services.serverSessions.inSight(context);
    const lines = here.map(({ session, rounds }) => {
      const last = approvals(rounds).at(-1);
      const share = last ? `, ${percent(last.share)} approval` : '';
      return `**${session.id}** (${session.state}): ${session.title}, round ${rounds.length}${share}`;
    });
    return { title: 'Sessions', text: lines.join('\n') || 'There is none yet.' };
  },
};

const simple = (word: 'pause' | 'stop', help: string, answer: Answer): ChatCommand => ({
  spec: { path: ['session', word], help, role: 'moderator', args: [], options: [] },
  run: (context) => doAct(context, { name: word }, answer),
});

const resume: ChatCommand = {
  spec: {
    path: ['session', 'resume'],
    help: 'Go on after a pause',
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    await context.services.guards.mustResume(await theSession(context));
    return doAct(context, { name: 'resume' }, { title: 'Resumed', text: 'The session goes on.' });
  },
};

const rollback: ChatCommand = {
  spec: {
    path: ['session', 'rollback'],
    help: 'Go back to what was learned in an earlier round',
    role: 'moderator',
    args: [{ name: 'round', help: 'a finished round; 0 is the base model', type: 'number', required: true }],
    options: [],
  },
  run: (context) => {
    const round = integer(context.values, 'round')!;
    const to = round === 0 ? 'the base model' : `round ${round}`;
    return doAct(
      context,
      { name: 'rollback', round },
      { title: 'Rolled back', text: `The next round starts from ${to}.` },
    );
  },
};

const vary: ChatCommand = {
  spec: {
    path: ['session', 'vary'],
    help: 'Good pictures have become alike: more variety from the next round on',
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(
      context,
      { name: 'vary' },
      {
        title: 'More variety',
        text: 'From the next round on what was learned steers half of each drawing, and nothing is chosen beforehand. **/acclaim undo** takes it back.',
      },
    ),
};

const branch: ChatCommand = {
  spec: {
    path: ['session', 'branch'],
    help: 'Start a session of its own from a finished round',
    role: 'moderator',
    args: [
      { name: 'round', help: 'a finished round; 0 is the base model', type: 'number', required: true },
      { name: 'prompt', help: 'another prompt; else the same', type: 'text', rest: true },
    ],
    options: [{ name: 'criterion', help: 'what makes a picture good there', type: 'text' }],
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
      title: 'Branched',
      text: [`The branch is in the channel **${place.address}**.`, ...readingLines(reading)].join('\n'),
      data: { session: id, channel: place.address },
    };
    return doAct(context, { name: 'branch', round, session: id, prompt, criterion, reading, place }, said);
  },
};

const story: ChatCommand = {
  spec: {
    path: ['session', 'story'],
    help: 'The first round beside the latest, and approval by round',
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const { session } = await theSession(context);
    await context.services.stories.show(session.id);
    return { title: 'The story so far', text: 'Here it is, in the channel.' };
  },
};

const strength: ChatCommand = {
  spec: {
    path: ['session', 'strength'],
    help: 'The newest model on four same noises, with what it learned from left out to half as much again',
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(
      context,
      { name: 'strength' },
      { title: 'Strengths', text: 'They are drawn beside the rounds, and shown in the channel.' },
    ),
};

function statusLines(state: SessionState): string[] {
  const { session, rounds, ballots, jobs } = state;
  const round = rounds.at(-1);
  const job = [...jobs.values()].findLast((j) => j.state === 'running');
  const held = [...jobs.values()].findLast((j) => j.state === 'waiting')?.held;
  const lines = [
    `**Prompt**: ${session.prompt}`,
    ...(session.criterion === undefined ? [] : [`**Good means**: ${session.criterion}`]),
    `**State**: ${session.pause ? `paused (${session.pause})` : session.state}`,
  ];
  if (round) {
    const live = [...ballots.values()].filter((b) => b.round === round.id && b.state === 'live').length;
    lines.push(
      `**Round ${round.number}**: ${round.state}${live > 0 ? `, ${count(live, 'ballot')} open` : ''}`,
    );
  }
  if (round?.state === 'open') lines.push(`**Votes**: ${turnoutWords(turnout(state, round), session)}`);
  if (job) {
    const left = job.secondsLeft === null ? '' : `, about ${duration(job.secondsLeft)} left`;
    lines.push(`**Now**: ${job.stage ?? job.kind} ${job.done} of ${job.total}${left}`);
  }
  if (held) lines.push(`**Now**: it waits: ${cause(held.message)}. It goes on by itself.`);
  const shares = approvals(rounds);
  const last = shares.at(-1);
  if (last) {
    const all = shares.map(({ share }) => percent(share)).join(', ');
    lines.push(`**Approval by round**: ${all} (round ${last.round}: ${judgedWords(last, session.nsfw)})`);
  }
  return lines;
}

export const sessionCommands: readonly ChatCommand[] = [
  start,
  status,
  list,
  simple('pause', 'Open nothing new; votes are still taken', {
    title: 'Paused',
    text: 'The session is paused.',
  }),
  resume,
  simple('stop', 'End the session; what it learned is kept', {
    title: 'Stopped',
    text: 'The session has ended.',
  }),
  rollback,
  vary,
  branch,
  story,
  strength,
];
