/**
 * What Discord offers while an option is being typed: what the app knows, else what the option's type allows.
 */
import type { ArgSpec, ArgType } from '../../../src/chat/commands.js';
import type { Account } from '../../../src/chat/port.js';
import { clip } from '../../../src/chat/text.js';
import type { Chosen } from './commands.js';
import type { DiscordOptions } from './options.js';

const most = 25;

/** At most 25 choices that begin with what was typed. */
export async function completions(
  { spec, options }: Chosen,
  { complete }: Pick<DiscordOptions, 'complete'>,
  account: Account,
  channel: string,
): Promise<(string | number)[]> {
  const focused = options.find((o) => 'focused' in o && o.focused === true);
  const arg = [...spec.args, ...spec.options].find((a) => a.name === focused?.name);
  if (!focused || !arg) return [];
  const typed = 'value' in focused ? String(focused.value) : '';
  const valueBefore = () => {
    const before = options.find((o) => o.name === spec.args[spec.args.indexOf(arg) - 1]?.name);
    return before && 'value' in before ? String(before.value) : '';
  };
  const known = (await complete?.({ path: spec.path, name: arg.name, typed, channel, account })) ?? [];
  const offered = known.length > 0 ? known : offers(arg, valueBefore());
  const fitting = offered
    .filter((value) => value.toLowerCase().startsWith(typed.trim().toLowerCase()))
    .slice(0, most);
  // What an option of numbers is offered must be numbers.
  return fitting.map((value) => (arg.type === 'number' ? Number(value) : clip(value, 100)));
}

function offers({ type, offers }: ArgSpec, before: string): readonly string[] {
  return offers?.[before] ?? ofType(type);
}

function ofType(type: ArgType): string[] {
  if (type !== 'cell') return typeof type === 'object' ? [...type.choice] : [];
  return [...'ABC'].flatMap((sheet) => [...'123456789'].map((cell) => `${sheet}${cell}`));
}
