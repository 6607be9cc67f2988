/**
 * A service without a terminal: whatever it and its libraries say on stderr is a line of JSON, up to its last
 * word.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { version } from '../../src/machine/software.js';
import { AcclaimProcess } from '../support/acclaim-process.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-lines-'));
/** What a library might do, when told to: a warning of Node's, and an error that nobody catches. */
const defect = `process.on('SIGUSR2', () => {
  process.emitWarning('this is old');
  setTimeout(() => { throw new Error('a defect'); });
})`;
let redis: TestRedis;
let engine: AcclaimProcess;
beforeAll(async () => {
  redis = await TestRedis.start();
  // A password where none is asked for: ioredis speaks of that on the console.
  const url = redis.settings.url.replace('//', '//:sesame@');
  const set = [`dataDir=${dir}`, `queue.redis=${url}`, 'engine.threads=1', 'logLevel=info'];
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(defect)}`;
  engine = await AcclaimProcess.spawn('engine', dir, set, { NODE_OPTIONS }).ready();
});
afterAll(async () => {
  await engine.kill();
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});

it("so are ioredis' own, a warning of Node's, and a defect that ends it", async () => {
  await until(() => engine.err.includes('does not require a password'), "ioredis' words");
  engine.signal('SIGUSR2');
  expect(await engine.ended).toEqual({ code: 1, signal: null });
  // Its pipe may be read after its end.
  await until(() => engine.err.includes('"msg":"a defect"}\n'), 'its last word');
  const lines = engine.err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines)
    expect(line).toMatchObject({ level: expect.any(Number), time: expect.any(String), half: 'engine' });
  const told = (fields: object) => expect.objectContaining(fields);
  expect(lines[0]).toMatchObject({
    msg: 'acclaim starts',
    version: version(),
    data: dir,
    redis: redis.settings.url,
  });
  expect(lines).toContainEqual(
    told({ from: 'console', msg: expect.stringContaining('does not require a password') }),
  );
  expect(lines).toContainEqual(told({ from: 'node', msg: 'Warning: this is old' }));
  expect(lines.at(-1)).toMatchObject({
    level: 60,
    code: 'internal',
    msg: 'a defect',
    stack: expect.stringContaining('Error: a defect'),
  });
  expect(engine.err).not.toContain('sesame');
});

it.each([
  ['start', ['votes.quorum=0'], 1, 'config-invalid', 'config/default.yaml'],
  ['engine', ['queue.redis=null'], 1, 'config-invalid', 'REDIS_URL'],
])('%s %j: why it ends is one line too', async (command, set, code, told, hint) => {
  const failed = AcclaimProcess.spawn(command, dir, set);
  expect(await failed.ended).toEqual({ code, signal: null });
  const last = failed.err.trim().split('\n').at(-1)!;
  const half = command === 'engine' ? 'engine' : 'bot';
  expect(JSON.parse(last)).toMatchObject({
    level: 60,
    half,
    code: told,
    hint: expect.stringContaining(hint),
  });
});
