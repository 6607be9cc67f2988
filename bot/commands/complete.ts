/** What the app offers while somebody types an option; where it knows nothing the option's own type decides. */
import { type CommandSpec, mayRun } from '../../src/chat/commands.js';
import type { Account } from '../../src/chat/port.js';
import { voterCode } from '../../src/domain/state/ids.js';
import { atLeast } from '../../src/domain/state/roles.js';
import { imageName } from '../views/words.js';
import { type Actions, sessionsInSight } from './command.js';

export interface Typing {
  path: readonly string[];
  /** Of the option. */
  name: string;
  channel: string;
  account: Account;
}

export async function completions(
  { path, name, channel, account }: Typing,
  actions: Actions,
  specs: readonly CommandSpec[],
): Promise<string[]> {
  const spec = specs.find((one) => one.path.join(' ') === path.join(' '));
  if (spec && !mayRun(account.role, spec)) return [];
  if (name === 'prompt') return actions.tasks().map((task) => task.name);
  if (name === 'model') return offeredModels(path, account, channel, actions);
  if (name === 'session') return sessionsInSight({ actions, account, channel });
  if (name === 'server')
    return actions.servers().flatMap(({ server, standing }) => (standing === 'own' ? [] : [server]));
  if (path[0] === 'proposals' && name === 'number')
    return (await actions.proposals(account, channel)).map((one) => String(one.number));
  const state = await actions.sessionOf(account, channel);
  if (!state) return [];
  if (name === 'voter' && atLeast(account.role, 'moderator'))
    return [...state.voters.values()].filter((v) => !v.pseudonym).map((v) => voterCode(v.key));
  if (name === 'round')
    return state.rounds
      .filter((round) => round.state === 'done')
      .map((round) => String(round.number))
      .reverse();
  if (name !== 'cell') return [];
  const ballots = [...state.ballots.values()];
  const round = state.rounds.findLast((r) => ballots.some((b) => b.round === r.id));
  const of = ballots.filter((b) => b.round === round?.id);
  const images = round ? (state.images.get(round.id) ?? []) : [];
  const shown = images.filter((image) => image.state === 'shown').map((image) => imageName(of, image.index));
  return path[0] === 'best' ? [...shown, 'none'] : shown;
}

/** A pull may fetch what is not here; a session uses what is, and what the server's admins allow. */
async function offeredModels(
  path: readonly string[],
  account: Account,
  channel: string,
  actions: Actions,
): Promise<string[]> {
  const here = actions.modelsHere();
  if (path[1] === 'pull') return actions.models().flatMap(({ name }) => (here.includes(name) ? [] : [name]));
  const { models } = await actions.settings(account, channel);
  const allowed = here.filter((name) => models === undefined || models.includes(name));
  return path[1] === 'use' ? [...allowed, 'default'] : allowed;
}
