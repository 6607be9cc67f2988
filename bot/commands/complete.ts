/** What the app offers while somebody types an option; where it knows nothing the option's own type decides. */
import type { Account } from '../../src/chat/port.js';
import { voterCode } from '../../src/domain/ids.js';
import { atLeast } from '../../src/domain/roles.js';
import { imageName } from '../views/words.js';
import type { Actions } from './command.js';

export interface Typing {
  path: readonly string[];
  /** Of the option. */
  name: string;
  channel: string;
  account: Account;
}

export function completions({ name, channel, account }: Typing, actions: Actions): string[] {
  if (name === 'prompt') return actions.tasks().map((task) => task.name);
  const state = actions.sessionOf(account, channel);
  if (!state) return [];
  if (name === 'voter' && atLeast(account.role, 'moderator'))
    return [...state.voters.values()].filter((v) => !v.pseudonym).map((v) => voterCode(v.key));
  if (name !== 'cell') return [];
  const ballots = [...state.ballots.values()];
  const round = state.rounds.findLast((r) => ballots.some((b) => b.round === r.id));
  const of = ballots.filter((b) => b.round === round?.id);
  const images = round ? (state.images.get(round.id) ?? []) : [];
  return images.filter((image) => image.state === 'shown').map((image) => imageName(of, image.index));
}
