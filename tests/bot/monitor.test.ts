/**
 * What is told of a running Acclaim, on the real thing (the compiled bot and its engine as processes):
 * metrics that say what the database says, lines of the log that all carry session and round, readiness, and
 * nobody's id in any of it.
 */
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Round } from '../../src/domain/state/round.js';
import { projectPath } from '../../src/files/paths.js';
import { migrations } from '../../src/store/migrations.js';
import { Connection } from '../../src/store/sqlite.js';
import { notAnswered } from '../support/alert-rules.js';
import { BotProcess } from '../support/bot-process.js';
import { Exposition, lint } from '../support/exposition.js';
import { small } from '../support/house.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-monitor-'));
const token = 'a-token-of-the-test-run';
let bot: BotProcess;
let ann: Visitor;
let visitorId: string;
/** The first answer to a scrape. */
let fresh: Exposition;

const admin = { authorization: `Bearer ${token}` };
const scrape = async () => new Exposition(await (await ann.request('/metrics', undefined, admin)).text());
const status = async () => (await ann.json('/api/status')).sessions[0];
const opened = (round: number) =>
  until(async () => {
    const session = await status();
    return session?.round === round && session.roundState === 'open';
  }, `round ${round} to open`);

async function react(round: number, sheet: string, emoji: string, present = true): Promise<void> {
  const ballot = (await ann.messages()).find(
    (m) => m.kind === 'ballot' && m.data.sheet === sheet && m.data.round === round,
  );
  const answer = await ann.request('/api/react', { message: ballot.id, marks: [{ emoji, present }] });
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  const settings = [
    ...small,
    'logLevel=debug',
    'votes.quorum=1',
    `server.accessToken=${token}`,
    'server.voters=open',
  ];
  const { bot: started, stderr } = await BotProcess.start(dir, settings);
  if (!started) throw new Error(stderr());
  bot = started;
  ann = new Visitor(bot.url);
  fresh = await scrape();
  await opened(1);
  await ann.arrive();
  visitorId = ann.cookie().split('=')[1]!.split('.')[0]!;
  const { channel } = await status();
  await ann.request('/api/consent', { channel, given: true });
  await react(1, 'A', '1');
  await react(1, 'A', '2');
  await react(1, 'A', '2', false);
  await react(1, 'B', '1');
  await react(1, 'A', 'done');
  await opened(2);
  // The outbox is empty again, and the engine has beaten since it drew the second round.
  await until(async () => {
    const found = await scrape();
    const drawn = found.value('acclaim_engine_job_seconds_count', { kind: 'generate', outcome: 'done' });
    return found.value('acclaim_outbox_effects') === 0 && drawn === 2;
  }, 'the outbox to be empty, and word of both drawings');
}, 120_000);
afterAll(async () => {
  await bot?.kill('SIGTERM');
  rmSync(dir, { recursive: true, force: true });
});

describe('metrics', () => {
  it('follow the format and the rules of naming', async () => {
    const answer = await ann.request('/metrics', undefined, admin);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const found = new Exposition(await answer.text());
    const ours = [...found.families.keys()].filter((name) => name.startsWith('acclaim_'));
    expect(ours.length).toBeGreaterThan(20);
    expect(lint(found)).toEqual([]);
  });

  it('are from the start all that the alert rules ask a bot for', () => {
    expect(notAnswered(fresh, 'acclaim')).toEqual([]);
  });

  it('say what the database says', async () => {
    const found = await scrape();
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
    const marks = await db.all<{ source: string; present: number; n: number }>(
      'SELECT source, present, count(*) AS n FROM fact GROUP BY source, present',
    );
    const rounds = (await db.all<{ body: string }>('SELECT body FROM round')).map(
      (r) => JSON.parse(r.body) as Round,
    );
    await db.close();
    expect(marks.reduce((sum, { n }) => sum + n, 0)).toBe(5);
    for (const { source, present, n } of marks) {
      const change = present === 1 ? 'set' : 'withdrawn';
      expect(found.value('acclaim_marks_total', { source, change })).toBe(n);
    }
    expect(found.value('acclaim_marks_total')).toBe(5);
    expect(found.value('acclaim_vote_seconds_count', { platform: 'web' })).toBe(5);
    for (const state of ['done', 'open', 'learning', 'failed'])
      expect(found.value('acclaim_rounds', { state }), state).toBe(
        rounds.filter((r) => r.state === state).length,
      );
    expect(found.value('acclaim_round_transitions_total', { state: 'done' })).toBe(1);
    expect(found.value('acclaim_round_transitions_total', { state: 'open' })).toBe(2);
    expect(found.value('acclaim_sessions', { state: 'active' })).toBe(1);
    expect(found.value('acclaim_job_seconds_count', { kind: 'generate', outcome: 'done' })).toBe(2);
    expect(found.value('acclaim_job_seconds_count', { kind: 'learn', outcome: 'done' })).toBe(1);
    expect(found.value('acclaim_engine_job_seconds_count', { kind: 'generate', outcome: 'done' })).toBe(2);
    expect(found.value('acclaim_engine_stage_seconds_count', { kind: 'learn', stage: 'train' })).toBe(1);
    expect(found.value('acclaim_queue_jobs')).toBe(0);
    // One voter marked both sheets of two pictures: what is not marked there is called bad, and is a vote
    // too.
    expect(found.value('acclaim_votes_total')).toBe(4);
    expect(rounds.find((r) => r.number === 1)!.outcome!.votes).toBe(4);
    await react(2, 'A', '1');
    const later = await scrape();
    expect([later.value('acclaim_round_votes'), later.value('acclaim_round_voters')]).toEqual([2, 1]);
    expect(later.value('acclaim_marks_total')).toBe(6);
  });

  it('tell of the seconds that the engine says it took', async () => {
    const found = await scrape();
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
    const [row] = await db.all<{ body: string }>("SELECT body FROM round WHERE id LIKE '%.1'");
    await db.close();
    const { learned } = JSON.parse(row!.body) as Round;
    const whole = found.value('acclaim_engine_job_seconds_sum', { kind: 'learn' });
    expect(whole).toBeGreaterThanOrEqual(learned!.seconds);
    expect(found.value('acclaim_job_seconds_sum', { kind: 'learn' })).toBeGreaterThanOrEqual(whole);
    const stages = found.value('acclaim_engine_stage_seconds_sum', { kind: 'learn' });
    expect(stages).toBeLessThanOrEqual(whole);
  });

  it('tell of the engine: device, memory, what it holds compiled', async () => {
    const found = await scrape();
    expect(found.value('acclaim_engine_up')).toBe(1);
    expect(found.value('acclaim_engine_device_info', { device: 'cpu' })).toBe(1);
    const [engine] = bot.children();
    const resident =
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${engine}/status`, 'utf8'))![1]) * 1024;
    const told = found.value('acclaim_engine_resident_memory_bytes');
    expect(told).toBeGreaterThan(resident / 2);
    expect(told).toBeLessThan(resident * 2);
    expect(found.value('acclaim_engine_models')).toBe(1);
    const { value } = found;
    const asked = (result: string) => value.call(found, 'acclaim_engine_executor_requests_total', { result });
    expect(asked('compiled')).toBe(
      found.value('acclaim_engine_executors') + found.value('acclaim_engine_executors_released_total'),
    );
    // The steps of a round share one.
    expect(asked('hit')).toBeGreaterThan(0);
    expect(found.value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(found.families.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });

  it('are for holders of the access token alone', async () => {
    expect((await new Visitor(bot.url).request('/metrics')).status).toBe(403);
    const wrong = { authorization: 'Bearer not-the-token-at-all' };
    expect((await new Visitor(bot.url).request('/metrics', undefined, wrong)).status).toBe(403);
  });
});

describe('lines of the log', () => {
  type Line = Record<string, unknown> & { msg: string };
  const lines = () =>
    bot
      .stderr()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);

  it('tell of each step of the round and of its jobs, on both sides', () => {
    const { session } = lines().find((line) => line.msg === 'session') as unknown as { session: string };
    const steps = lines().filter((line) => line.msg === 'round' && line.round === 1);
    expect(steps.map(({ state }) => state)).toEqual([
      'generating',
      'posting',
      'open',
      'closing',
      'learning',
      'done',
    ]);
    const jobs = lines().filter((line) => line.half === 'engine' && line.round === 1);
    expect(jobs.map(({ kind, msg }) => `${kind} ${msg}`)).toEqual([
      'generate job begins',
      'generate job done',
      'learn job begins',
      'learn job done',
    ]);
    // In between, nobody speaks of anything but this session and its rounds, or of the engine alone.
    const all = lines();
    const from = all.findIndex((line) => line.msg === 'round');
    const to = all.findLastIndex((line) => line.msg === 'round');
    const ofTheEngine = ['the engine has its device'];
    for (const line of all.slice(from, to + 1).filter(({ msg }) => !ofTheEngine.includes(msg)))
      expect(line, JSON.stringify(line)).toMatchObject({ session, round: expect.any(Number) });
  });

  it('tell what was started, where, and what people reach it by', () => {
    const told = (msg: string) => lines().find((line) => line.msg === msg);
    expect(lines()[0]).toMatchObject({
      msg: 'acclaim starts',
      version: JSON.parse(readFileSync(projectPath('package.json'), 'utf8')).version,
      node: process.versions.node,
      data: dir,
      redis: null,
    });
    expect(told('the database is open')).toMatchObject({ schema: migrations.length, migrated: null });
    expect(told('people can come')).toMatchObject({ page: bot.url, connected: ['web'] });
  });

  it('hold no id of a person: neither the page’s nor the hash that stands for it', async () => {
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
    const voters = await db.all<{ key: string }>('SELECT key FROM voter');
    await db.close();
    expect(voters).toHaveLength(1);
    const metrics = await (await ann.request('/metrics', undefined, admin)).text();
    for (const text of [bot.stderr(), metrics]) {
      expect(text).not.toContain(visitorId);
      expect(text).not.toContain(voters[0]!.key);
    }
  });
});

describe('readiness', () => {
  it('names what is looked at; a dead engine is told of and hinders nobody', async () => {
    const ready = await ann.request('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      ready: true,
      checks: [
        { name: 'sessions', ok: true, needed: true, why: null },
        { name: 'database', ok: true, needed: true, why: null },
        { name: 'disk', ok: true, needed: true, why: null },
        { name: 'web', ok: true, needed: true, why: null },
        { name: 'engine', ok: true, needed: false, why: null },
      ],
    });
    const found = await scrape();
    expect(found.value('acclaim_ready')).toBe(1);
    expect(found.value('acclaim_check_ok', { check: 'database' })).toBe(1);
    expect(found.value('acclaim_database_corrupt')).toBe(0);
    const { bavail, bsize } = statfsSync(dir);
    expect(found.value('acclaim_disk_free_bytes', { folder: 'data' }) / (bavail * bsize)).toBeCloseTo(1, 1);
    process.kill(bot.children()[0]!, 'SIGKILL');
    await until(async () => (await scrape()).value('acclaim_engine_ends_total', { how: 'SIGKILL' }) === 1);
    await until(async () => (await scrape()).value('acclaim_engine_up') === 1, 'the engine to come back');
    expect((await ann.request('/readyz')).status).toBe(200);
  });
});
