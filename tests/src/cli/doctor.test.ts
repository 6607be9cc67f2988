/** The doctor's single checks, good and bad, and the whole of it as a process. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkMemory, checkNode } from '../../../src/cli/checks/machine.js';
import { checkDecoder, checkJobMemory, checkLearner } from '../../../src/cli/checks/model.js';
import { checkAccess, checkData, checkPort } from '../../../src/cli/checks/place.js';
import { checkDescriptors } from '../../../src/cli/checks/share.js';
import { loadConfig } from '../../../src/config/load.js';
import { projectPath } from '../../../src/files/paths.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-doctor-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('checks', () => {
  test('Node: this one will do, an old one will not', () => {
    expect(checkNode().state).not.toBe('fail');
    const [before, after] = [new Date('2026-04-01'), new Date('2026-05-01')];
    expect(checkNode('20.19.0', before).state).toBe('ok');
    expect(checkNode('20.19.0', after)).toMatchObject({ state: 'warn', hint: expect.stringContaining('24') });
    expect(checkNode('24.20.0', after).state).toBe('ok');
    expect(checkNode('18.20.0')).toMatchObject({ state: 'fail', hint: expect.stringContaining('newer') });
    expect(checkNode('20.9.0').state).toBe('fail');
    expect(checkNode('24.0.0').state).toBe('ok');
  });

  test('data: there, to be made, in the way', () => {
    expect(checkData(dir)[0]).toMatchObject({ state: 'ok', found: dir });
    expect(checkData(join(dir, 'a/b'))[0]).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('can be made'),
    });
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(checkData(file)[0]).toMatchObject({ state: 'fail', code: 'data-unwritable' });
    expect(checkData(join(file, 'below'))[0]).toMatchObject({ state: 'fail', code: 'data-unwritable' });
  });

  test('port: free, taken, an address of some other machine', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    expect(await checkPort('127.0.0.1', port)).toMatchObject({ state: 'fail', code: 'port-taken' });
    await new Promise((done) => server.close(done));
    expect(await checkPort('127.0.0.1', port)).toMatchObject({ state: 'ok' });
    expect(await checkPort('203.0.113.1', port)).toMatchObject({ state: 'fail', code: 'config-invalid' });
  });

  test('access: a token is needed beyond loopback', () => {
    const server = {
      port: 1,
      accessToken: null,
      hostNames: [],
      voters: 'invited' as const,
      trustProxy: [],
      nsfwChannels: [],
      nsfwToken: null,
    };
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(checkAccess({ ...server, host }).state).toBe('ok');
    expect(checkAccess({ ...server, host: '0.0.0.0' })).toMatchObject({
      state: 'fail',
      hint: expect.stringContaining('ACCLAIM_ACCESS_TOKEN'),
    });
    expect(checkAccess({ ...server, host: '127.0.0.1', hostNames: ['taste.example.org'] })).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('taste.example.org'),
    });
    expect(checkAccess({ ...server, host: '0.0.0.0', accessToken: 'x'.repeat(16) }).state).toBe('ok');
  });

  test('memory: little is a warning', () => {
    expect(checkMemory(2 ** 29).state).toBe('warn');
    expect(checkMemory(2 ** 32).state).toBe('ok');
  });
});

test('descriptors: fewer than open pages need is a warning', () => {
  const { limits } = loadConfig({ env: {} });
  expect(checkDescriptors({ limits }, 65536)).toMatchObject({ state: 'ok' });
  expect(checkDescriptors({ limits }, 128)).toMatchObject({
    state: 'warn',
    found: '128 files and connections may be open, 18 pages among them',
    hint: expect.stringContaining('LimitNOFILE'),
  });
});

test('job memory: a model that takes more than an engine may use is a warning', () => {
  const config = loadConfig({ env: {} });
  expect(checkJobMemory(config)).toMatchObject({ state: 'ok', found: expect.stringContaining('0.6 GB') });
  const small = { ...config, engine: { ...config.engine, offerMb: 300 } };
  expect(checkJobMemory(small)).toMatchObject({ state: 'warn', hint: expect.stringContaining('engine') });
});

test('learner: one that compares likelihoods, on rounds that have none', () => {
  const config = (...set: string[]) => loadConfig({ env: {}, set: ['learner.name=hero', ...set] });
  expect(checkLearner(config())).toMatchObject({ state: 'ok', found: 'hero, on rounds of 20 steps of ddim' });
  expect(checkLearner(config('sampler.eta=0'))).toMatchObject({ state: 'fail', code: 'not-learnable' });
  expect(checkLearner(config('model=nowhere'))).toMatchObject({ state: 'off' });
});

test('decoder: the tiny one that is named, none where there is none, and a name that is nowhere', () => {
  const of = (...set: string[]) => checkDecoder(loadConfig({ env: {}, set }));
  const tiny = projectPath('tests/fixtures/tiny/tiny-vae/half');
  expect(of()).toMatchObject({ state: 'off', found: expect.stringContaining("the model's VAE") });
  expect(of(`decoder.tiny=${tiny}`)).toMatchObject({
    state: 'ok',
    found: `the tiny one of ${tiny}, for previews`,
  });
  expect(of(`decoder.tiny=${tiny}`, 'decoder.rounds=true').found).toMatch(/previews and rounds$/);
  expect(of('decoder.tiny=nowhere')).toMatchObject({ state: 'fail', code: 'model-not-found' });
  expect(of('model=nowhere')).toMatchObject({ state: 'off' });
});

describe('as a process', () => {
  const run = (...args: string[]) =>
    new Promise<{ status: number; out: string; err: string }>((done) => {
      const file = projectPath('dist/src/acclaim.js');
      const all = [file, 'doctor', '--json', '--data', dir, '--set', 'server.port=0', ...args];
      execFile(process.execPath, all, (error, out, err) =>
        done({ status: error ? (error.code as number) : 0, out, err }),
      );
    });

  test('this machine is ready; every device has a verdict and those that fail a reason', async () => {
    const { status, out } = await run();
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Record<string, string>[] };
    expect({ status, ok }).toEqual({ status: 0, ok: true });
    expect(checks.find((c) => c.name === 'data')!.found).toContain(dir);
    const devices = checks.filter((c) => c.name!.startsWith('device '));
    expect(devices.map((c) => c.name!.slice(7)).sort()).toEqual(['coreml', 'cpu', 'cuda', 'dml', 'webgpu']);
    expect(devices.find((c) => c.name === 'device cpu')).toMatchObject({ state: 'ok' });
    for (const device of devices.filter((c) => c.state === 'off')) {
      expect(device.found).not.toBe('');
      expect(device.hint).not.toBe('');
    }
    expect(checks.find((c) => c.name === 'model')!.found).toMatch(/mini, 64x64, sha256 [0-9a-f]{12}/);
  });

  test('platforms that cannot be reached are named, and the doctor ends by itself', async () => {
    const nowhere = ['discord.api=http://127.0.0.1:9/api', 'slack.api=http://127.0.0.1:9/api/'];
    const tokens = ['discord.token=MTIz.x.y', 'slack.botToken=xoxb-1', 'slack.appToken=xapp-1'];
    const { status, out } = await run(...[...nowhere, ...tokens].flatMap((setting) => ['--set', setting]));
    expect(status).toBe(1);
    const { checks } = JSON.parse(out) as { checks: Record<string, string>[] };
    for (const name of ['discord token', 'slack token', 'slack transport'])
      expect(checks.find((c) => c.name === name)).toMatchObject({ state: 'fail' });
    expect(out).not.toMatch(/xoxb-1|xapp-1|MTIz/);
  });

  test('platforms without a token are off, and the manifest is printed alone', async () => {
    const { out } = await run();
    const { checks } = JSON.parse(out) as { checks: Record<string, string>[] };
    for (const name of ['discord', 'slack'])
      expect(checks.find((c) => c.name === name)).toMatchObject({
        state: 'off',
        hint: expect.stringContaining(`docs/${name}.md`),
      });
    const socket = JSON.parse((await run('--slack-manifest')).out);
    expect(socket.settings.socket_mode_enabled).toBe(true);
    const url = 'https://acclaim.example.org';
    const http = JSON.parse((await run('--slack-manifest', '--slack-url', url)).out);
    expect(http.settings.event_subscriptions.request_url).toBe(`${url}/slack/events`);
  });

  test('a model that is not there fails by its code, and the rest is still looked at', async () => {
    const { status, out, err } = await run('--set', 'model=nowhere');
    expect(status).toBe(1);
    expect(err).toMatch(/^acclaim: model-not-found: not ready: model$/m);
    const { checks } = JSON.parse(out) as { checks: Record<string, string>[] };
    expect(checks.find((c) => c.name === 'model')).toMatchObject({ state: 'fail' });
    expect(checks.find((c) => c.name === 'port')).toMatchObject({ state: 'ok' });
  });
});
