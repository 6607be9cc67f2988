/**
 * Taking an act back, whole: what one command did on the server and in its sessions stands in the audit as
 * several rows of one act, and all of them are turned back. What a session decided the session undoes
 * (src/domain/sessions/undo.ts).
 */

import { type SettingRow, type Settings, settingRows } from '../../src/domain/sessions/settings.js';
import { canUndo } from '../../src/domain/sessions/undo.js';
import type { Act } from '../../src/domain/state/model.js';
import { allowed, leastRole } from '../../src/domain/state/roles.js';
import { AcclaimError, inSentences } from '../../src/errors.js';
import { counted, lines, say, type Text } from '../../src/words/text.js';
import { nameOf } from '../views/audit.js';
import {
  type Answer,
  type ChatCommand,
  type CommandContext,
  mustBeTheirs,
  placesOf,
  tellSessions,
} from './command.js';

type Row = Act & { seq: number };

const command: ChatCommand = {
  spec: {
    path: ['undo'],
    help: say('Take back the last act of a moderator here, or one by its number in the audit'),
    role: 'moderator',
    args: [{ name: 'act', help: say('its number in the audit'), type: 'integer' }],
    options: [],
  },
  async run(context) {
    const { services, acts, by, channel, values } = context;
    const rowsHere = await services.audit.of(await placesOf(context), 200);
    const undone = undoneOf(rowsHere);
    const found = chosen(rowsHere, values.act as number | undefined, undone);
    if (typeof found.args.voter === 'string') await mustBeTheirs(context, found.args.voter);
    const rows = await wholeOf(context, found);
    if (rows.some(({ seq }) => undone.has(seq)))
      throw new AcclaimError('not-allowed', say('That was undone already.'), '');
    // The server's row goes first: where it cannot be turned back, nothing is.
    const server = rows.find(({ session }) => session.startsWith('@'));
    if (server) await undoServer(context, server);
    const places = await services.serverSessions.all(context);
    const stays: Text[] = [];
    let sessions = 0;
    for (const { session, seq, command, args } of rows) {
      if (session.startsWith('@')) continue;
      const address = places.find((place) => place.session === session)?.address ?? channel;
      const act = { name: 'undo', of: { seq, command, args } } as const;
      const refusal = await acts.act(session, act, { by, channel: address });
      if (!refusal) sessions++;
      else if (rows.length === 1) return { title: say('Not done'), text: inSentences(refusal) };
      else
        stays.push(
          (await services.sight.ofSession(context, session))
            ? say('In **{session}** it stays as it is: {hint}', { session, hint: refusal.hint })
            : say('In another channel it stays as it is: {hint}', { hint: refusal.hint }),
        );
    }
    return said(rows[0]!, sessions, stays);
  },
};

/** Numbers of acts that were turned back. */
function undoneOf(acts: readonly Row[]): Set<unknown> {
  const undoings = acts.filter((act) => act.command === 'undo' && !act.refused);
  return new Set(undoings.map(({ args }) => (args.of as { seq?: unknown } | undefined)?.seq));
}

function chosen(acts: readonly Row[], wanted: number | undefined, undone: ReadonlySet<unknown>): Row {
  const found = acts.find((act) =>
    wanted === undefined
      ? act.refused === null && !ofMember(act) && undoable(act) && !undone.has(act.seq)
      : act.seq === wanted,
  );
  if (!found)
    throw new AcclaimError(
      'not-allowed',
      wanted === undefined ? say('There is nothing to undo here.') : say('There is no such act here.'),
      say('**/acclaim audit** lists them.'),
    );
  if (found.refused !== null)
    throw new AcclaimError(
      'not-allowed',
      say('That act was refused.'),
      say('There is nothing to take back.'),
    );
  return found;
}

/** What members do is taken back by its number only. */
const ofMember = ({ command }: Row) =>
  command in leastRole && leastRole[command as keyof typeof leastRole] === 'member';

function undoable({ session, command, args }: Row): boolean {
  if (!session.startsWith('@')) return canUndo(command);
  return command === 'settings' ? 'whole' in args : command === 'model use' && 'before' in args;
}

/**
 * All rows of the act, the oldest first; one that was done on another server cannot be seen whole from here.
 */
async function wholeOf(context: CommandContext, found: Row): Promise<Row[]> {
  const { audit, settings, serverSessions } = context.services;
  const { whole } = found.args;
  if (typeof whole !== 'string') return [found];
  const server = await settings.serverOf(context);
  if (!whole.startsWith(`${server}/`))
    throw new AcclaimError(
      'not-allowed',
      say('That was done on another server.'),
      say('Take it back there.'),
    );
  const sessions = (await serverSessions.all(context)).map(({ session }) => session);
  return (await audit.rowsOf(whole, [`@${server}`, ...sessions])).filter(({ refused }) => refused === null);
}

function said({ command, seq, args }: Row, sessions: number, stays: readonly Text[]): Answer {
  const name = nameOf(command);
  const values = { what: typeof args.name === 'string' ? `${name} ${args.name}` : name, seq };
  const many = typeof args.whole === 'string' && sessions > 1;
  const done = many
    ? say('**{what}** (act {seq}) was taken back, in {sessions}.', {
        ...values,
        sessions: counted(sessions, 'session'),
      })
    : say('**{what}** (act {seq}) was taken back.', values);
  return { title: say('Undone'), text: lines([done, ...stays]) };
}

/** How an act of the server is turned back; throws why it cannot be. */
const serverUndos: Record<string, (context: CommandContext, row: Row) => Promise<void>> = {
  settings: undoSetting,
  'model use': undoModel,
};

async function undoServer(context: CommandContext, row: Row): Promise<void> {
  const { acts, account, by } = context;
  const { session, command, seq } = row;
  const undo = undoable(row) ? serverUndos[command] : undefined;
  if (!undo)
    throw new AcclaimError(
      'not-allowed',
      say('{command} cannot be undone.', { command: nameOf(command) }),
      say('There is no way back from it.'),
    );
  if (!allowed(account.role, command === 'settings' ? 'settings' : 'model-use'))
    throw new AcclaimError(
      'not-allowed',
      say('You may not undo {command}.', { command }),
      say('Ask whoever may do it.'),
    );
  await undo(context, row);
  const args = { of: { seq, command } };
  await acts.record({ session, by: by.key, role: by.role, command: 'undo', args, refused: null });
}

/** `by`: the number of the act, where it is known. */
const setAnew = (by?: number) =>
  new AcclaimError(
    'not-allowed',
    by === undefined ? say('It was set anew since.') : say('It was set anew since, by act {by}.', { by }),
    by === undefined
      ? say('Take that back first: **/acclaim audit** lists it.')
      : say('Take that back first: **/acclaim undo {by}**.', { by }),
  );

/** The newest later act that set the same and stands, also where it set it to what it was. */
async function laterAct(
  { services }: CommandContext,
  { session, seq, args }: Row,
): Promise<number | undefined> {
  const acts = await services.audit.of([session], 200);
  const undone = undoneOf(acts);
  return acts.find(
    (act) =>
      act.seq > seq &&
      act.command === 'settings' &&
      act.args.name === args.name &&
      !act.refused &&
      !undone.has(act.seq),
  )?.seq;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

async function undoSetting(context: CommandContext, act: Row): Promise<void> {
  const { settings, audit } = context.services;
  const { args } = act;
  const later = await laterAct(context, act);
  if (later !== undefined) throw setAnew(later);
  const row = settingRows.find(({ name }) => name === args.name) as SettingRow;
  const now = await settings.of(context);
  if (row.key in now !== 'value' in args || !same(now[row.key], args.value)) throw setAnew();
  const { [row.key]: _, ...others } = now;
  const { before } = args;
  const next: Settings = before === undefined ? others : { ...others, [row.key]: before };
  await settings.change(context, next);
  // Sessions that began meanwhile have no row to turn back: they follow what holds again.
  const told = await audit.rowsOf(String(args.whole), await sessionIds(context));
  if (before !== undefined)
    await tellSessions(
      context,
      { [row.key]: before },
      undefined,
      new Set(told.map(({ session }) => session)),
    );
}

async function sessionIds(context: CommandContext): Promise<string[]> {
  return (await context.services.serverSessions.all(context)).map(({ session }) => session);
}

async function undoModel(context: CommandContext, { args }: Row): Promise<void> {
  const { settings } = context.services;
  const now = await settings.of(context);
  const model = (args.before as string | null) ?? undefined;
  if (args.where === 'channel') {
    const place = String(args.channel);
    const { [place]: used, ...elsewhere } = now.channelModels ?? {};
    if (!same(used, args.model)) throw setAnew();
    const channelModels = model === undefined ? elsewhere : { ...elsewhere, [place]: model };
    return settings.change(context, { ...now, channelModels });
  }
  if (!same(now.model, args.model)) throw setAnew();
  const { model: _, ...others } = now;
  return settings.change(context, { ...others, ...(model === undefined ? {} : { model }) });
}

export const undoCommands: readonly ChatCommand[] = [command];
