/**
 * Commands about models: which there are, which one sessions use, and taking away what a session taught one.
 */
import { sizeOf } from '../../src/chat/attachment.js';
import { loadCatalogue } from '../../src/config/catalogue.js';
import { allows, parseChoice, plainChoice } from '../../src/config/choice.js';
import { modelNamesHere } from '../../src/config/models.js';
import { adapterNamesHere, parseAdapter } from '../../src/config/stack.js';
import { figuresOf } from '../../src/domain/rounds/evaluations.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { page } from '../../src/domain/state/platforms.js';
import { AcclaimError } from '../../src/errors.js';
import { lines, listed, say, sentences, type Text } from '../../src/words/text.js';
import { type Exported, type ExportFormat, exportFormats, learnedRound } from '../services/exports.js';
import { roundTimeLine } from '../views/round-time.js';
import { safetyFile } from '../views/safety.js';
import {
  type Answer,
  type ChatCommand,
  type CommandContext,
  sessionsInSight,
  theSession,
} from './command.js';

const list: ChatCommand = {
  spec: {
    path: ['model', 'list'],
    help: say('The models of this machine, which one is used here, and how long a round takes with each'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const { services, account } = context;
    const used = await services.settings.model(context);
    const here = modelNamesHere();
    const choice = parseChoice(used);
    const catalogue = loadCatalogue();
    const models = linesOf(catalogue.models, here, [choice.model]);
    const drawnWith = choice.adapters.map((adapter) => parseAdapter(adapter).path);
    const loras = linesOf(catalogue.adapters, adapterNamesHere(), drawnWith);
    const times: Text[] = [];
    for (const model of new Set([plainChoice(used), ...here])) {
      const time = await services.roundTimes.ofRequest({ model }, account.platform);
      // What is configured may be a folder of the machine, which is nobody's business.
      const name = isHere(model) ? model : say('the configured model');
      if (time) times.push(say('**{name}**: {time}', { name, time: roundTimeLine(time) }));
    }
    const text = lines([
      ...models,
      ...(loras.length > 0 ? [say('LoRAs that models can be drawn with:'), ...loras] : []),
      ...times,
      ...services.pulls.lines(),
      ...(await exportLines(context)),
    ]);
    return { title: say('Models'), text };
  },
};

interface Known {
  name: string;
  title: string;
  about: string;
  licence: string;
}

/** What the catalogue knows, and what else was pulled; `used` are those of here. */
function linesOf(catalogue: readonly Known[], here: readonly string[], used: readonly string[]): Text[] {
  const known = catalogue.map(({ name, title, about, licence }) =>
    say('{name}: {title}. {about} Licence: {licence}.', {
      name: nameWith(name, used, here),
      title,
      about,
      licence,
    }),
  );
  const pulled = here
    .filter((name) => !catalogue.some((one) => one.name === name))
    .map((name) => say('{name}: pulled.', { name: nameWith(name, used, here) }));
  return [...known, ...pulled];
}

/** Where each export stands that is being made, of sessions in sight. */
async function exportLines(context: CommandContext): Promise<Text[]> {
  const { exports, sight } = context.services;
  const all = exports.lines();
  const seen = await Promise.all(all.map(({ session }) => sight.ofSession(context, session)));
  return all.flatMap(({ line }, i) => (seen[i] ? [line] : []));
}

const pull: ChatCommand = {
  spec: {
    path: ['model', 'pull'],
    help: say('Fetch a model or a LoRA onto the machine that this runs on'),
    role: 'operator',
    args: [
      {
        name: 'model',
        help: say('OWNER/NAME[/FILE][@REVISION] of a hub, an https address, or a name of the list of models'),
        type: 'text',
        required: true,
      },
    ],
    options: [],
  },
  async run({ services, values }) {
    return { title: say('Pull'), text: services.pulls.ask(values.model as string) };
  },
};

const scopes = ['server', 'channel'] as const;

const use: ChatCommand = {
  spec: {
    path: ['model', 'use'],
    help: say('Which model the next sessions of this server, or of this channel alone, use'),
    role: 'admin',
    args: [
      {
        name: 'model',
        help: say('a name of the list, with LoRAs as in "sd15 + lcm-lora-sd15 + style:.6", or "default"'),
        type: 'text',
        required: true,
      },
      { name: 'where', help: say('server (without it) or channel'), type: { choice: scopes } },
    ],
    options: [],
  },
  async run(context) {
    const { services, acts, account, by, channel, values } = context;
    const { settings } = services;
    const where = (values.where as (typeof scopes)[number] | undefined) ?? 'server';
    const asked = values.model as string;
    const model = asked === 'default' ? null : plainChoice(asked);
    const now = await settings.of(context);
    if (model !== null) {
      mustBeHere(model);
      if (now.models && !allows(now.models, model))
        throw new AcclaimError(
          'not-allowed',
          say('The model **{model}** may not be used here.', { model }),
          say('**/acclaim settings models** names those that may.'),
        );
    }
    const before = where === 'server' ? (now.model ?? null) : (now.channelModels?.[channel] ?? null);
    const { model: _, ...others } = now;
    const { [channel]: __, ...elsewhere } = now.channelModels ?? {};
    const next =
      where === 'server'
        ? { ...others, ...(model === null ? {} : { model }) }
        : { ...now, channelModels: model === null ? elsewhere : { ...elsewhere, [channel]: model } };
    await settings.change(context, next);
    const server = await settings.serverOf(context);
    const args = { model, where, before, ...(where === 'channel' ? { channel } : {}) };
    const place = { session: `@${server}`, by: by.key, role: by.role };
    await acts.record({ ...place, command: 'model use', args, refused: null });
    const used = await settings.model(context);
    const named = { model: model ?? say('what the configuration says') };
    const own = where === 'server' && now.channelModels?.[channel] !== undefined;
    const time = roundTimeLine(await services.roundTimes.ofRequest({ model: used }, account.platform));
    const change = sentences(
      where === 'server'
        ? say('Sessions of this server use **{model}** from now on.', named)
        : say('Sessions of this channel use **{model}** from now on.', named),
      own ? say('This channel has its own, which stays.') : '',
      say('Sessions that run keep theirs.'),
    );
    const text = lines([change, time]);
    return { title: say('Set'), text };
  },
};

/** A model's name, with what is to be known of it here. */
function nameWith(name: string, used: readonly string[], here: readonly string[]): Text {
  if (used.includes(name)) return say('**{name}** (used here)', { name });
  return here.includes(name) ? `**${name}**` : say('**{name}** (not on this machine)', { name });
}

/** Whether a choice names nothing but what is here under a name; files of the machine have none. */
function isHere(choice: string): boolean {
  const { model, adapters } = parseChoice(choice);
  const loras = adapterNamesHere();
  return modelNamesHere().includes(model) && adapters.every((one) => loras.includes(parseAdapter(one).path));
}

/**
 * Names of the catalogue and of what was pulled; never a path of the machine. Errors: model-not-found, usage.
 */
export function mustBeHere(choice: string): void {
  const { model, adapters } = parseChoice(choice);
  const { models, adapters: loras } = loadCatalogue();
  mustBeOneOf(model, modelNamesHere(), models);
  for (const adapter of adapters) mustBeOneOf(parseAdapter(adapter).path, adapterNamesHere(), loras);
}

function mustBeOneOf(model: string, here: readonly string[], catalogue: readonly { name: string }[]): void {
  if (here.includes(model)) return;
  const known = catalogue.some(({ name }) => name === model);
  throw new AcclaimError(
    'model-not-found',
    known
      ? say('**{model}** is not on this machine.', { model })
      : say('There is no model of that name here.'),
    sentences(
      known ? say('An operator fetches it: **/acclaim model pull {model}**.', { model }) : '',
      here.length > 0 ? say('Here are: {models}.', { models: listed(here) }) : '',
    ),
  );
}

const exported: ChatCommand = {
  spec: {
    path: ['model', 'export'],
    help: say('What a session has learned, as a LoRA file or merged into its model'),
    role: 'admin',
    args: [],
    options: [
      { name: 'session', help: say('of this server, by its id; else the one of this channel'), type: 'text' },
      { name: 'round', help: say('as it was after that round; else the latest'), type: 'number' },
      {
        name: 'format',
        help: say(
          'LoRA for diffusers (without it), LoRA for ComfyUI and A1111 (kohya), or a whole model (merged)',
        ),
        type: { choice: exportFormats },
      },
    ],
  },
  async run(context) {
    const { services, acts, by, values } = context;
    const state = await sessionOfServer(context, values.session as string | undefined);
    const session = state.session.id;
    const format = (values.format as ExportFormat | undefined) ?? 'diffusers';
    const round = learnedRound(state, (values.round as number | undefined) ?? null);
    const what = { session, round, format };
    const act = { session, by: by.key, role: by.role, command: 'model export', args: { round, format } };
    await acts.record({ ...act, refused: null });
    const found = await services.exports.found(what);
    if (found) return withSafety(state, round, handOver(context, found));
    return {
      title: say('Export'),
      text: say(
        'Round {round} of **{session}** is being made into {file}. You get it here; **/acclaim model list** tells how far it is.',
        { round, session, file: formatWords[format] },
      ),
      later: async () =>
        withSafety(state, round, handOver(context, await services.exports.make(state, what))),
    };
  },
};

const formatWords: Record<ExportFormat, Text> = {
  diffusers: say('a LoRA file'),
  kohya: say('a LoRA file for ComfyUI and A1111'),
  merged: say('a whole model'),
};

/** Beside what was learned, how safe it was found to be, where that very round was measured. */
function withSafety({ session }: SessionState, round: number, answer: Answer): Answer {
  const { evaluation } = session;
  if (!evaluation || !figuresOf(session, round)) return answer;
  return { ...answer, files: [...(answer.files ?? []), safetyFile(session, evaluation)] };
}

async function sessionOfServer(context: CommandContext, id: string | undefined): Promise<SessionState> {
  const { services, account } = context;
  if (id === undefined) return theSession(context);
  const here = await sessionsInSight(services, context);
  const may = account.role === 'operator' || here.includes(id);
  const found = may ? await services.sessions.find(id) : undefined;
  if (found) return found;
  throw new AcclaimError(
    'session-not-found',
    say('There is no session of that id here.'),
    say('Sessions: {sessions}.', { sessions: here.length > 0 ? listed(here) : say('none yet') }),
  );
}

/** The file itself, or, where the platform does not take it, where it can be fetched. */
function handOver({ services, account }: CommandContext, made: Exported): Answer {
  const { session, round, format, name, bytes, folder, path } = made;
  const url = `/api/sessions/${encodeURIComponent(session)}/adapter?round=${round}&format=${format}`;
  const what = say('{file} of **{session}**, round {round}: {size}', {
    file: formatWords[format],
    session,
    round,
    size: sizeOf(bytes),
  });
  const title = say('Export');
  const type = folder ? 'application/x-tar' : 'application/octet-stream';
  const files = [{ name, type, content: { file: path }, bytes, url }];
  if (account.platform === page) return { title, text: say('Here is {what}.', { what }), files };
  const ways = [
    say('on the page, by whoever holds its access token: **{url}**', { url }),
    say(
      'on the machine that I run on: **npm run -s acclaim -- export {session} --round {round} --format {format}**',
      { session, round, format },
    ),
  ];
  if (!folder && bytes <= services.platforms.mostFileBytes(account.platform))
    return { title, text: lines([say('Here is {what}. It is also', { what }), ...ways]), files };
  const why = folder ? say('it is a folder of files') : say('that is more than can be sent here');
  return {
    title,
    text: lines([say('There is {what}, but {why}. It can be fetched', { what, why }), ...ways]),
  };
}

export const modelCommands: readonly ChatCommand[] = [list, pull, use, exported];
