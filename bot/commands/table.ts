/**
 * Every command of the chat, and the one way to run what was typed: parse, check the role, do it, write it
 * down. What a session decides it writes into the audit itself; refusals for want of a right and acts without
 * a session are written here, never with a text that somebody typed.
 */
import { type CommandSpec, mayRun, parseCommand, type Values } from '../../src/chat/commands.js';
import { oneOf } from '../../src/domain/state/roles.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Asker } from '../services/requests.js';
import type { Services } from '../services/services.js';
import { aboutCommands } from './about.js';
import { CommandActs } from './acts.js';
import { campCommands } from './camps.js';
import { type Answer, type ChatCommand, type CommandContext, placesOf } from './command.js';
import { meCommands } from './me.js';
import { modelCommands } from './model.js';
import { moderatingCommands } from './moderating.js';
import { poolCommands } from './pool.js';
import { proposalCommands } from './proposals.js';
import { serverCommands } from './server.js';
import { sessionCommands } from './session.js';
import { settingCommands } from './settings.js';
import { steeringCommands } from './steering.js';
import { votingCommands } from './voting.js';

/** In the order of help. */
export const chatCommands: readonly ChatCommand[] = [
  ...sessionCommands,
  ...steeringCommands,
  ...campCommands,
  ...poolCommands,
  ...votingCommands,
  ...moderatingCommands,
  ...settingCommands,
  ...proposalCommands,
  ...modelCommands,
  ...serverCommands,
  ...meCommands,
  ...aboutCommands,
];

/** What platforms register, and what is typed is parsed by. */
export const commandSpecs = chatCommands.map((c) => c.spec);

/** Runs what was typed, by whoever typed it. */
export class Commands {
  constructor(private readonly services: Services) {}

  /** What a person typed wrong is the answer; what cannot be done is a coded error. */
  async run(text: string, from: Asker): Promise<Answer> {
    const parsed = parseCommand(commandSpecs, text);
    if (!parsed.ok) return { title: say('I did not get that'), text: parsed.answer };
    const { spec, values } = parsed;
    const { services } = this;
    const { account, channel } = from;
    const command = chatCommands.find((c) => c.spec === spec)!;
    const acts = new CommandActs(services);
    const context = { ...from, services, acts, values, specs: commandSpecs };
    // Nothing is written down of them: whoever likes could fill the audit.
    const served = await services.guests.servesAt(account, channel);
    if (!served && !(command.everywhere && mayRun(account.role, spec)))
      return { title: say('Not here'), text: await services.guests.refusal(account, channel) };
    if (!mayRun(account.role, spec)) {
      await record(context, spec, 'not-allowed');
      return {
        title: say('Not allowed'),
        text: say('**/acclaim {command}** is for {role} or above. Ask one of them.', {
          command: spec.path.join(' '),
          role: oneOf(spec.role),
        }),
      };
    }
    try {
      const answer = await command.run(context);
      if (!acts.any && isAct(command, values)) await record(context, spec, null);
      return answer;
    } catch (error) {
      if (served && !acts.any && isAct(command, values))
        await record(context, spec, error instanceof AcclaimError ? error.code : 'internal');
      throw error;
    }
  }
}

/** Reading is no act, nor is what everyone may do with what is theirs; opening a session is. */
function isAct({ spec: { role, path }, reads }: ChatCommand, values: Values): boolean {
  return (role !== 'member' || path.join(' ') === 'session start') && reads?.(values) !== true;
}

async function record(context: CommandContext, spec: CommandSpec, refused: string | null): Promise<void> {
  const [session] = await placesOf(context);
  const { by, acts, values } = context;
  const command = spec.path.join(' ');
  const args = plainValues(spec, values);
  await acts.record({ session: session!, by: by.key, role: by.role, command, args, refused });
}

/** Numbers, cells and choices; of texts nothing. */
function plainValues({ args, options }: CommandSpec, values: Values): Record<string, unknown> {
  const plain = [...args, ...options].filter(({ type }) => type !== 'text' && type !== 'person');
  return Object.fromEntries(plain.flatMap(({ name }) => (name in values ? [[name, values[name]]] : [])));
}
