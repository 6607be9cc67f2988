/** Every command of the chat, and the one way to run what was typed: parse, check the role, do it. */
import { mayRun, parseCommand } from '../../src/chat/commands.js';
import type { Account } from '../../src/chat/port.js';
import type { Seen } from '../../src/domain/events.js';
import { aboutCommands } from './about.js';
import type { Actions, Answer, ChatCommand } from './command.js';
import { poolCommands } from './pool.js';
import { sessionCommands } from './session.js';
import { votingCommands } from './voting.js';

export const chatCommands: readonly ChatCommand[] = [
  ...sessionCommands,
  ...poolCommands,
  ...votingCommands,
  ...aboutCommands,
];

export const commandSpecs = chatCommands.map((c) => c.spec);

/** Never throws for what a person typed: whatever is wrong with it is the answer. */
export async function runTyped(
  text: string,
  from: { account: Account; by: Seen; channel: string },
  actions: Actions,
): Promise<Answer> {
  const parsed = parseCommand(commandSpecs, text);
  if (!parsed.ok) return { title: 'I did not get that', text: parsed.answer };
  const command = chatCommands.find((c) => c.spec === parsed.spec)!;
  if (!mayRun(from.account.role, parsed.spec))
    return {
      title: 'Not allowed',
      text: `**${parsed.spec.path.join(' ')}** is for a ${parsed.spec.role} or above. Ask one of them.`,
    };
  return command.run({ ...from, actions, values: parsed.values, specs: commandSpecs });
}
