// What each kind of fault does to a house.
import { setTimeout as wait } from 'node:timers/promises';
import { engineAtWork } from '../lib/redis.mjs';
import { type House, type Name, prefix } from './house.mjs';
import type { Plan } from './plan.mjs';

/** By kind: for how many ms, and to whom; a fault of the line to Discord has no process for a victim. */
const acts: Readonly<Record<string, (house: House, ms: number, victim: Name) => unknown>> = {
  'bot killed': ({ acclaim }, ms) => acclaim.bot.kill(ms),
  'engine killed': ({ acclaim }, ms, victim) => acclaim[victim].kill(ms),
  'its computing process killed': ({ acclaim }, _, victim) => acclaim[victim].killChild(),
  'Redis killed': ({ redis }, ms) => redis.kill(ms),
  'engine frozen': ({ acclaim }, ms, victim) => acclaim[victim].freeze(ms),
  'line to Redis cut': ({ lines }, ms, victim) => lasting(ms, (on) => lines[victim].cut(on)),
  'line to Redis stalled': ({ lines }, ms, victim) => lasting(ms, (on) => lines[victim].stall(on)),
  'line to Discord cut': ({ peer }, _, victim: string) => peer.gateway.drop(victim === 'resumed'),
  'disk full': ({ disk }, ms) => lasting(ms, (on) => (on ? disk!.fill() : disk!.free())),
};

/** Does what the plan says, now; `say` is told whom it strikes. Resolves when the fault is over. */
export async function strike(house: House, plan: Plan, say: (text: string) => void): Promise<void> {
  const { kind, forMs } = plan;
  const victim = plan.victim === 'working' ? await working(house.redisPort) : plan.victim;
  say(`now: ${kind}${victim === null ? '' : ` (${victim})`}`);
  await acts[kind]!(house, forMs, victim as Name);
  say('the fault is over');
}

async function lasting(ms: number, turn: (on: boolean) => void): Promise<void> {
  turn(true);
  await wait(ms);
  turn(false);
}

/** The engine that has a job now, as Redis knows it; else the first. */
async function working(port: number): Promise<string> {
  return (await engineAtWork(port, prefix))?.slice(0, 1) ?? 'a';
}
