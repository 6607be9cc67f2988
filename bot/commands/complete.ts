/** What is offered while somebody types an option; where nothing is known the option's own type decides. */
import { mayRun } from '../../src/chat/commands.js';
import type { Account } from '../../src/chat/port.js';
import { loadCatalogue } from '../../src/config/catalogue.js';
import { allows } from '../../src/config/choice.js';
import { modelNamesHere } from '../../src/config/models.js';
import { adapterNamesHere } from '../../src/config/stack.js';
import { taskNames } from '../../src/config/tasks.js';
import { voterCode } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { atLeast } from '../../src/domain/state/roles.js';
import type { Asking } from '../services/requests.js';
import type { Services } from '../services/services.js';
import { imageName } from '../views/words.js';
import { sessionsInSight } from './command.js';
import { commandSpecs } from './table.js';

/** What somebody is typing, and where. */
export interface Typing {
  path: readonly string[];
  /** Of the option. */
  name: string;
  channel: string;
  account: Account;
}

/** Asked with every letter: answers from memory where it can. */
export class Completion {
  constructor(private readonly services: Services) {}

  /**
   * What could complete an option that somebody types; nothing where they are not served, or ask for too
   * much.
   */
  async complete(typing: Typing): Promise<string[]> {
    const { account, channel } = typing;
    const { admission, guests, sessions, voters } = this.services;
    const known = sessions.knows(voters.seen(account).key);
    try {
      await admission.admit('typing', account, channel, known);
    } catch {
      return [];
    }
    if (!(await guests.servesAt(account, channel))) return [];
    return this.offered({ ...typing, account: await guests.at(account, channel) });
  }

  private async offered(typing: Typing): Promise<string[]> {
    const { path, name, channel, account } = typing;
    const { services } = this;
    const spec = commandSpecs.find((one) => one.path.join(' ') === path.join(' '));
    if (spec && !mayRun(account.role, spec)) return [];
    if (name === 'prompt') return taskNames();
    if (name === 'model') return this.models(path, typing);
    if (name === 'session') return sessionsInSight(services, typing);
    if (name === 'server')
      return services.guests.list().flatMap(({ server, standing }) => (standing === 'own' ? [] : [server]));
    if (path[0] === 'proposals' && name === 'number')
      return (await services.proposing.inSight(typing)).map((one) => String(one.number));
    const state = await services.sessions.ofChannel(account.platform, channel);
    return state ? ofSession(state, typing) : [];
  }

  /** A pull may fetch what is not here; a session uses what is, and what the server's admins allow. */
  private async models(path: readonly string[], asking: Asking): Promise<string[]> {
    const here = modelNamesHere();
    if (path[1] === 'pull') return notYetHere(here);
    const { models } = await this.services.settings.of(asking);
    const allowed = choicesHere(here).filter((choice) => models === undefined || allows(models, choice));
    return path[1] === 'use' ? [...allowed, 'default'] : allowed;
  }
}

/** Names of the catalogue that can be fetched. */
function notYetHere(here: readonly string[]): string[] {
  const { models, adapters } = loadCatalogue();
  const held = [...here, ...adapterNamesHere()];
  return [...models, ...adapters].flatMap(({ name }) => (held.includes(name) ? [] : [name]));
}

/** The models, and each with each LoRA that is made for its family. */
function choicesHere(here: readonly string[]): string[] {
  const catalogue = loadCatalogue();
  const loras = adapterNamesHere(catalogue);
  const fits = (model: string, lora: string) => {
    const known = catalogue.adapters.find(({ name }) => name === lora);
    const family = catalogue.models.find(({ name }) => name === model)?.family;
    return !known || family === undefined || known.families.includes(family);
  };
  const drawn = here.flatMap((model) =>
    loras.filter((lora) => fits(model, lora)).map((lora) => `${model} + ${lora}`),
  );
  return [...here, ...drawn];
}

function ofSession(state: SessionState, { path, name, account }: Typing): string[] {
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
