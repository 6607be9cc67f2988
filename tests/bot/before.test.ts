/**
 * What an earlier build wrote opens: `tests/fixtures/before` holds a backup of a session of four pictures
 * that had learned one round and was open in its second, the jobs that it asked for, the configuration that
 * it came with, and the options of its command line.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { judgeRound } from '../../src/domain/voting/feedback.js';
import { projectPath } from '../../src/files/paths.js';
import { type JobKind, jobSchemas } from '../../src/queue/jobs.js';
import { restore } from '../../src/store/restore.js';
import { Store } from '../../src/store/store.js';
import { acclaim } from '../support/command-line.js';
import { Started } from '../support/started.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';

const fixture = (name: string) => readFileSync(projectPath('tests/fixtures/before', name));
const json = (name: string) => JSON.parse(fixture(name).toString('utf8'));

const root = mkdtempSync(join(tmpdir(), 'acclaim-before-'));
const dir = join(root, 'data');
const id = 'cat-540f';
beforeAll(async () => {
  const file = join(root, 'backup.tar');
  writeFileSync(file, gunzipSync(fixture('backup.tar.gz')));
  mkdirSync(dir);
  await restore({ file, dir, replace: false, forgetOnPage: async () => {} });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a data folder', () => {
  test('gives the votes, labels and figures that were told of them', async () => {
    const told = json('round.json');
    const store = await Store.open(dir);
    const state = (await store.load(id))!;
    await store.close();
    expect([...state.facts.values()].reduce((sum, facts) => sum + [...facts].length, 0)).toBe(told.facts);
    expect(state.rounds.map((round) => round.state)).toEqual(['done', 'open']);
    const [first] = state.rounds;
    expect(first).toMatchObject({ outcome: told.outcome, feedback: told.feedback, learned: told.learned });
    const { outcome, feedback } = judgeRound(state, first!, first!.closedAt!);
    expect({ outcome, feedback }).toEqual({ outcome: told.outcome, feedback: told.feedback });
  });

  test('goes on: its open round is voted on and learned from, on top of what was learned, and a third is drawn', async () => {
    const started = new Started([], dir);
    const visitor = new Visitor(await started.start());
    try {
      // biome-ignore lint/suspicious/noExplicitAny: as the page is told
      const session = async (): Promise<any> => (await visitor.json('/api/status')).sessions[0];
      await until(async () => (await session())?.roundState === 'open', 'the round to be open again', 60_000);
      await visitor.json('/api/me');
      await visitor.request('/api/consent', { channel: id, given: true });
      type Shown = { id: string; kind: string; data: { open: boolean } };
      const ballots = ((await visitor.messages()) as Shown[]).filter(
        (one) => one.kind === 'ballot' && one.data.open,
      );
      expect(ballots.length).toBeGreaterThan(0);
      for (const { id: message } of ballots) {
        const marks = ['1', 'done'].map((emoji) => ({ emoji, present: true }));
        expect((await visitor.request('/api/react', { message, marks })).status).toBe(200);
      }
      await until(
        async () => (await session())?.round === 3 && (await session()).roundState === 'open',
        'round 3',
        100_000,
      );
    } finally {
      await started.stop();
    }
    const manifest = JSON.parse(
      readFileSync(join(dir, 'sessions', id, 'checkpoints/2/manifest.json'), 'utf8'),
    );
    // Four steps a round: the optimiser went on from the first round's.
    expect(manifest).toMatchObject({ round: 2, optimiser: { steps: 8 } });
  }, 180_000);
});

test('its jobs are read as they were written', () => {
  const jobs: { kind: JobKind; payload: unknown }[] = json('jobs.json');
  expect(jobs.map(({ kind }) => kind)).toEqual(['generate', 'learn', 'generate']);
  for (const { kind, payload } of jobs) expect(jobSchemas[kind].payload.parse(payload)).toEqual(payload);
});

test('its configuration is one, every setting with the value that it has there', () => {
  const file = join(root, 'config.yaml');
  writeFileSync(file, fixture('default.yaml'));
  const own = parse(fixture('default.yaml').toString('utf8'));
  const config = loadConfig({ file, env: {} });
  expect(config).toMatchObject({
    model: own.model,
    session: { images: own.session.images },
    learner: { name: own.learner.name },
  });
});

test('each option of its command line is there', async () => {
  const commands: Record<string, string[]> = json('options.json');
  expect(Object.keys(commands)).toHaveLength(16);
  for (const [name, options] of Object.entries(commands)) {
    const { out } = await acclaim(name, '--help');
    for (const option of options) expect(out, name).toContain(option);
  }
}, 60_000);
