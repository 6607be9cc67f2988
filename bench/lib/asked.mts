// A process's own end of process.mjs, and what the measured bots share: answers to what is asked, the event
// loop's lag in ms, and a moderator's word to close a round.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CreatedApp } from '../../bot/create-app.js';
import type { Asking, Requests } from './process.mjs';

/** `requests`: ask -> what to do; says that it is ready, with `hello`. */
export function answer(requests: Requests, hello: object = {}): void {
  const send = process.send!.bind(process);
  process.on('message', async ({ id, ask, ...rest }: Asking) => {
    try {
      send({ id, answer: await requests[ask]!(rest as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  send({ ready: true, ...hello });
}

export function watchLag() {
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  return {
    reset: () => lag.reset(),
    now: () => ({ p50: lag.percentile(50) / 1e6, p99: lag.percentile(99) / 1e6, max: lag.max / 1e6 }),
  };
}

/** CPU seconds of this process, user and system, since it began. */
export function cpuSeconds(since?: NodeJS.CpuUsage) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

export function closeRound({ app, voterKey }: CreatedApp, session: string, moderator: string) {
  const by = {
    key: voterKey('fake', moderator),
    platform: 'fake',
    bornAt: null,
    joinedAt: null,
    role: 'moderator',
  } as const;
  return app.sessions.dispatch(session, {
    ...{ kind: 'command', act: { name: 'close' }, by, from: null },
    at: Date.now(),
  });
}

/** Lets the answer out first. */
export const stopHouse = (house: CreatedApp) => async () => {
  await house.stop();
  setTimeout(() => process.exit(0), 100);
};
