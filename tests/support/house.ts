/**
 * The bot over a temporary folder with the in-memory platform and the built engine: what a small real session
 * needs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CreatedApp, createApp, type Engines } from '../../bot/create-app.js';
import type { Patience } from '../../bot/effects/patience.js';
import { type FakeMessage, FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import { specify } from '../../bot/services/plans.js';
import type { NewSession } from '../../bot/sessions/sessions.js';
import type { Clock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/load.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { type Log, silentLog } from '../../src/log.js';
import { Meter } from '../../src/monitor/meter.js';
import { keptEngine } from './kept-engine.js';

/**
 * Little said; four images, three steps of the sampler, two of the optimiser: a round takes a second or two.
 * Nothing is fitted while a round is open: the suites of the engine, of deaths and of chaos do so.
 */
export const small = [
  'logLevel=warn',
  'engine.threads=1',
  'session.images=4',
  'session.cells=2',
  'session.goal=null',
  'session.rounds=3',
  'sampler.steps=3',
  'learner.steps=2',
  'learner.batch=4',
  'learner.microBatch=4',
  'learner.drift=0',
  'learner.ghosts=0',
  'votes.settleSeconds=0',
  'safety.images=2',
];

interface HouseMore {
  asksConsent?: boolean;
  clock?: Clock;
  engines?: Engines;
  log?: Log;
  patience?: Patience;
}

export class TestHouse {
  readonly channel = 'taste';
  private constructor(
    readonly dir: string,
    readonly platform: FakePlatform,
    readonly house: CreatedApp,
    readonly settings: readonly string[],
    private readonly meter: Meter,
  ) {}

  /** What a scrape of the bot is answered. */
  async scrape(): Promise<string> {
    return (await this.meter.scrape()).text;
  }

  static async open(
    settings: readonly string[] = [],
    earlier?: { dir: string; platform: FakePlatform },
    withSession = true,
    { asksConsent = false, clock, engines = 'child', log = silentLog, patience }: HouseMore = {},
  ) {
    const dir = earlier?.dir ?? mkdtempSync(join(tmpdir(), 'acclaim-house-'));
    const platform = earlier?.platform ?? new FakePlatform({ asksConsent });
    const all = [...small, ...settings];
    const config = loadConfig({ set: [`dataDir=${dir}`, ...all], env: {} });
    const meter = new Meter('bot');
    const house = await createApp({
      config,
      meter,
      log,
      fatal: (error) => {
        throw error;
      },
      platforms: () => [platform],
      engines,
      launch: keptEngine,
      ...(clock ? { clock } : {}),
      ...(patience ? { patience } : {}),
    });
    await house.app.start();
    const test = new TestHouse(dir, platform, house, all, meter);
    if (!earlier && withSession) await test.openSession();
    return test;
  }

  /** `more`: over what the settings say. */
  async openSession(id = 'cat', address = 'taste', more: Partial<NewSession> = {}): Promise<void> {
    const config = loadConfig({ set: [`dataDir=${this.dir}`, ...this.settings], env: {} });
    const spec = specify(config, { prompt: 'a black cat inside a cardboard box', title: 'cat', seed: 5 });
    const place = {
      channel: `fake-${address}`,
      community: 'fake',
      platform: 'fake',
      address,
      sweeps: true,
    } as const;
    await this.house.app.services.opening.open({ ...spec, ...more }, { id, place, createdBy: null });
  }

  state(id = 'cat'): SessionState {
    return this.house.app.sessions.get(id)!;
  }

  /** Resolves with the session once it is as wanted. */
  async until(wanted: (state: SessionState) => boolean, id = 'cat'): Promise<SessionState> {
    for (let waited = 0; waited < 200_000; waited += 10) {
      const state = this.house.app.sessions.get(id);
      if (state && wanted(state)) return state;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const round = this.state(id)?.rounds.at(-1);
    throw new Error(`still ${round?.number} ${round?.state} ${JSON.stringify(round?.failure)}`);
  }

  open(round: number, id = 'cat'): Promise<SessionState> {
    return this.until((s) => s.rounds.at(-1)?.number === round && s.rounds.at(-1)?.state === 'open', id);
  }

  /** The message of a sheet of a round. */
  sheet(round: number, letter: string, channel = this.channel): FakeMessage {
    const found = this.platform.messages.filter(
      (m) =>
        m.ref.channel === channel &&
        m.card.kind === 'ballot' &&
        m.card.data?.round === round &&
        m.card.data.sheet === letter,
    );
    if (found.length !== 1) throw new Error(`${found.length} messages of sheet ${letter}`);
    return found[0]!;
  }

  async stop(keep = false): Promise<void> {
    await this.house.stop();
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }
}

export const ann = fakeAccount('ann');
export const ben = fakeAccount('ben');
export const mod = fakeAccount('mod', 'moderator');
