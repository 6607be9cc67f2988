/**
 * A Redis that fails over: two redis-servers, of which one is the other's replica, behind an address that
 * stays. Lines are not cut by it: a demoted server answers on, and refuses.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/redis/connection.js';
import { scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';
import { Relay } from '../../support/relay.js';
import { until } from '../../support/wait.js';

let [a, b]: TestRedis[] = [];
let relay: Relay;
const stops: (() => unknown)[] = [];
beforeAll(async () => {
  // A replica without its master says so, and one that reads its master's data takes its time and answers
  // meanwhile.
  const more = [
    ['--replica-serve-stale-data', 'no'],
    ['--enable-debug-command', 'yes'],
    ['--repl-diskless-sync-delay', '0'],
    ['--key-load-delay', '500'],
    ['--loading-process-events-interval-bytes', '1024'],
  ].flat();
  [a, b] = await Promise.all([TestRedis.start(null, false, more), TestRedis.start(null, false, more)]);
  relay = await Relay.to(a!.port);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => Promise.all([relay.stop(), a!.stop(), b!.stop()]));

const direct = (redis: { settings: { url: string; ca: null | string } }, onError = (_: Error) => {}) => {
  const line = connect(redis.settings, onError);
  stops.push(() => line.cut());
  return line;
};

/** `to` is the master from now on, and `from` its replica; who comes by the address meets `to`. */
async function failOver(from: TestRedis, to: TestRedis): Promise<void> {
  await direct(to).replicaof('NO', 'ONE');
  await direct(from).replicaof('127.0.0.1', to.port);
  relay.target = to.port;
}

describe('after a failover', () => {
  it('bot and engine go on at the same address, and after one back too', async () => {
    const prefix = freshPrefix();
    const ran: string[] = [];
    const engine = await openEngine(relay, prefix, 'e', {
      score: async ({ session }) => {
        ran.push(session);
        return { images: [], diversity: 0 };
      },
    });
    stops.push(engine.stop);
    const bot = openQueue(relay, prefix);
    stops.push(() => bot.close());
    await bot.run(scoreJob('a'));
    await failOver(a!, b!);
    await bot.run(scoreJob('b'));
    await failOver(b!, a!);
    await bot.run(scoreJob('c'));
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(await direct(a!).hkeys(`${prefix}:serving`)).toEqual(['e']);
  });

  it('who hears of the one server hears of the next, though nobody has cut the line', async () => {
    const prefix = freshPrefix();
    const engine = await openEngine(relay, prefix, 'e', {
      score: async () => ({ images: [], diversity: 0 }),
    });
    stops.push(engine.stop);
    await failOver(a!, b!);
    // No replica any more: what is said on one of them does not reach the other.
    await direct(a!).replicaof('NO', 'ONE');
    await direct(a!).call('CLIENT', 'KILL', 'TYPE', 'normal');
    const listeners = async () => (await direct(b!).pubsub('NUMSUB', `${prefix}:words`)) as [string, number];
    await until(async () => (await listeners())[1] > 0, 'the engine to hear of the new server');
    expect((await listeners())[1]).toBe(1);
    await failOver(b!, a!);
  });
});

describe('a line says a command again', () => {
  const heard = () => {
    const said = new Set<string>();
    return { said, onError: (error: Error) => said.add(error.message.split(' ')[0]!) };
  };

  it('to who serves next, when the server has no master, and when it is a replica', async () => {
    const { said, onError } = heard();
    const line = direct(relay, onError);
    await line.set('x', '1');
    await direct(b!).replicaof('127.0.0.1', 9);
    relay.target = b!.port;
    line.disconnect(true);
    const read = line.get('x');
    await until(() => said.has('MASTERDOWN'), 'MASTERDOWN');
    await direct(b!).replicaof('127.0.0.1', a!.port);
    expect(await read).toBe('1');
    const written = line.set('x', '2');
    await until(() => said.has('READONLY'), 'READONLY');
    relay.target = a!.port;
    expect(await written).toBe('OK');
    expect(await direct(a!).get('x')).toBe('2');
    expect([...said]).toEqual(['MASTERDOWN', 'READONLY']);
  });

  it('to a server that reads its data, when it has', async () => {
    const { said, onError } = heard();
    await direct(a!).set('y', '1');
    await direct(a!).call('DEBUG', 'POPULATE', '3000');
    await direct(b!).config('SET', 'replica-serve-stale-data', 'yes');
    await direct(b!).replicaof('NO', 'ONE');
    const line = direct(b!, onError);
    await line.del('y');
    await direct(b!).replicaof('127.0.0.1', a!.port);
    await until(async () => (await line.get('y')) === '1', 'what the other server holds');
    expect([...said]).toEqual(['LOADING']);
  });
});
