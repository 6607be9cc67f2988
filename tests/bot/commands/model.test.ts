/**
 * Which model sessions use, and taking away what one taught it: through the real bot, its store and its
 * engine, in the words of every platform. Two names for the miniature stand for two models.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakePlatform, fakeAccount } from '../../../bot/platforms/fake/platform.js';
import type { Attachment } from '../../../src/chat/port.js';
import { projectPath } from '../../../src/files/paths.js';
import { tarOf } from '../../../src/store/folder-archive.js';
import { TestHouse } from '../../support/house.js';
import { until } from '../../support/wait.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const admin = fakeAccount('boss', 'admin');
const member = fakeAccount('ann');
const dir = mkdtempSync(join(tmpdir(), 'acclaim-models-'));
const configured = join(dir, 'configured');
let house: TestHouse;

beforeAll(async () => {
  symlinkSync(projectPath('models/mini'), configured);
  house = await TestHouse.open([`model=${configured}`], undefined, false);
  house.platform.homes.set('taste', 'roses').set('lab', 'roses').set('den', 'tulips');
});
afterAll(async () => {
  await house.stop();
  rmSync(dir, { recursive: true, force: true });
});

const said = async (where: string, text: string, who = admin) =>
  (await house.platform.command(where, who, text))!;

/** The model of a session that is started and stopped again. */
async function modelOfNext(where: string, more = '', who = admin): Promise<string> {
  const answer = await said(where, `session start ${more} a black cat`, who);
  const id = answer.data?.session as string | undefined;
  if (id === undefined) return answer.text;
  const { model } = house.state(id).session;
  await said(where, 'session stop');
  return model;
}

describe('model use', () => {
  it('sets the model of the next sessions of a server, of one channel, and takes it back', async () => {
    expect(await modelOfNext('taste')).toBe(configured);
    const answer = await said('taste', 'model use mini');
    expect(answer).toMatchObject({ title: 'Set', text: expect.stringContaining('use **mini** from now on') });
    expect(await modelOfNext('taste')).toBe('mini');
    expect(await modelOfNext('lab')).toBe('mini');
    expect(await modelOfNext('den')).toBe(configured);
    await said('taste', 'model use default');
    await said('lab', 'model use mini channel');
    expect(await modelOfNext('taste')).toBe(configured);
    expect(await modelOfNext('lab')).toBe('mini');
    expect((await said('lab', 'model list')).text).toContain('**mini** (used here)');
    const acts = await said('taste', 'audit 200');
    expect(acts.text).toContain('model use model mini, where channel');

    const { dir: kept, platform } = house;
    await house.stop(true);
    house = await TestHouse.open([`model=${configured}`], { dir: kept, platform });
    expect(await modelOfNext('lab')).toBe('mini');
    await said('lab', 'model use default channel');
    expect(await modelOfNext('lab')).toBe(configured);
  });

  it('takes names of models that are here: no path of the machine, and not what must be fetched first', async () => {
    for (const path of [configured, '/etc/passwd', '../mini', 'models/mini', 'nobody/nothing']) {
      for (const text of [`model use ${path}`, `session start --model ${path} a cat`]) {
        const answer = await said('taste', text);
        expect(answer.title).toBe('Not done');
        expect(answer.text).toContain('There is no model of that name here. Here are: mini');
      }
    }
    expect((await said('taste', 'model use sd15')).text).toContain('**/acclaim model pull sd15**');
    expect(await modelOfNext('taste')).toBe(configured);
  });

  it('leaves which models there are to admins', async () => {
    expect(await modelOfNext('den', '--model mini')).toBe('mini');
    expect(await modelOfNext('den', '--model mini', member)).toContain('is for admins to say');
    await said('den', 'settings models mini');
    expect(await modelOfNext('den', '--model mini', member)).toBe('mini');
    await said('den', 'settings models sd15');
    expect(await modelOfNext('den', '--model mini')).toContain('may not be used here');
    expect((await said('den', 'model use mini')).text).toContain('may not be used here');
    await said('den', 'settings models default');
  });

  it('offers them while they are typed', async () => {
    const typed = (path: string[], name: string, account = admin) =>
      house.house.app.completion.complete({ path, name, channel: 'den', account });
    expect(await typed(['model', 'use'], 'model')).toEqual(['mini', 'default']);
    expect(await typed(['session', 'start'], 'model')).toEqual(['mini']);
    // Only to whoever may.
    expect(await typed(['model', 'pull'], 'model')).toEqual([]);
    expect(await typed(['model', 'pull'], 'model', fakeAccount('host', 'operator'))).toContain('sd15');
  });
});

describe('model export', () => {
  let platform: FakePlatform;

  beforeAll(async () => {
    platform = house.platform;
    await house.openSession();
    for (const round of [1, 2]) {
      await house.open(round);
      for (const letter of ['A', 'B']) {
        const { ref } = house.sheet(round, letter);
        await platform.consent('taste', member);
        await platform.mark(ref, member, letter === 'A' ? '1' : 'none');
      }
      await platform.press(house.sheet(round, 'B').ref, member, 'done');
    }
    await house.open(3);
  });

  /** The answer and, where it comes later, the second one. */
  async function exported(text: string, where = 'taste', who = admin) {
    const first = await said(where, `model export ${text}`, who);
    if (!first.text.includes('is being made')) return first;
    const { replyTo } = platform.replies.find(({ card }) => card === first)!;
    const answers = () => platform.replies.filter((reply) => reply.replyTo === replyTo);
    await until(() => answers().length === 2, `the export ${text}`, 120_000);
    return answers()[1]!.card;
  }

  const bytes = (file: Attachment | undefined) =>
    file && 'file' in file.content ? readFileSync(file.content.file) : Buffer.alloc(0);
  const header = (file: Buffer) =>
    JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString()) as Record<string, unknown>;

  it('gives the LoRA of the head or of a round, in both layouts', async () => {
    const head = await exported('');
    const adapter = join(house.dir, 'sessions/cat/checkpoints/2/adapter.safetensors');
    expect(head.files?.map(({ name }) => name)).toEqual(['cat-round-2.safetensors']);
    expect(bytes(head.files?.[0])).toEqual(readFileSync(adapter));
    // The command line calls it the same.
    const cwd = mkdtempSync(join(tmpdir(), 'acclaim-export-'));
    const cli = [projectPath('dist/src/acclaim.js'), 'export', 'cat', '--data', house.dir];
    execFileSync(process.execPath, cli, { cwd });
    expect(readdirSync(cwd)).toEqual(['cat-round-2.safetensors']);
    rmSync(cwd, { recursive: true });
    const kohya = await exported('--round 1 --format kohya');
    expect(kohya.files?.map(({ name }) => name)).toEqual(['cat-round-1-kohya.safetensors']);
    const layers = Object.keys(header(bytes(kohya.files?.[0]))).filter((name) => name !== '__metadata__');
    expect(layers.length).toBeGreaterThan(100);
    for (const name of layers) expect(name).toMatch(/^lora_unet_\w+\.(alpha|lora_(up|down)\.weight)$/);
    // Asked again it is at hand.
    expect((await said('taste', 'model export --round 1 --format kohya')).files).toHaveLength(1);
    expect((await said('taste', 'audit 200')).text).toContain('model export round 1, format kohya');
  });

  it('says where a whole model can be fetched, and the page sends it as one archive', async () => {
    const merged = await exported('--format merged');
    expect(merged.files).toBeUndefined();
    expect(merged.text).toContain('/api/sessions/cat/adapter?round=2&format=merged');
    expect(merged.text).toContain('acclaim -- export cat --round 2 --format merged');
    expect(merged.text).not.toContain(house.dir);
    const found = await house.house.app.overview.adapter('cat', 2, 'merged');
    expect(found).toMatchObject({ folder: true, name: 'cat-round-2-merged.tar' });
    const archive = await tarOf(found!.path, 'cat');
    const parts: Buffer[] = [];
    for await (const part of archive.stream) parts.push(part as Buffer);
    const tar = Buffer.concat(parts);
    expect(tar.length).toBe(archive.bytes);
    const out = mkdtempSync(join(dir, 'tar-'));
    execFileSync('tar', ['-xf', '-', '-C', out], { input: tar });
    execFileSync('diff', ['-r', found!.path, join(out, 'cat')]);
    expect(existsSync(join(out, 'cat/model_index.json'))).toBe(true);
  });

  it('hands out what is too large for the platform by another way', async () => {
    platform.capabilities.maxFileBytes = 1000;
    const answer = await exported('');
    platform.capabilities.maxFileBytes = 10 * 1024 * 1024;
    expect(answer.files).toBeUndefined();
    expect(answer.text).toContain('more than can be sent here');
    expect(answer.text).toContain('acclaim -- export cat --round 2 --format diffusers');
  });

  it('keeps to sessions of the server and to rounds that taught something', async () => {
    expect((await exported('--session cat', 'den')).text).toMatch(/^There is no session of that id here/);
    expect((await exported('--session cat', 'lab')).files).toHaveLength(1);
    expect((await exported('--session cat', 'den', fakeAccount('host', 'operator'))).files).toHaveLength(1);
    expect((await exported('--round 7')).text).toBe('cat learned nothing in round 7. Rounds: 1, 2.');
    const typed = (name: string) =>
      house.house.app.completion.complete({
        path: ['model', 'export'],
        name,
        channel: 'taste',
        account: admin,
      });
    expect(await typed('round')).toEqual(['2', '1']);
    expect(await typed('session')).toContain('cat');
  });

  it('tells how long a round takes, from the rounds before', async () => {
    const { rounds } = house.state();
    const line = (await said('taste', 'model list')).text;
    expect(line).toMatch(
      /\*\*the configured model\*\*: A round takes about \d+ s to draw and \d+ s to learn, with up to \d{3,4} MB of memory \(going by 3/,
    );
    const answer = await said('lab', 'session start a red rose');
    const welcome = platform.messages.find(({ card }) => card.key === `${answer.data!.session}.welcome`)!;
    for (const { text } of [answer, welcome.card]) expect(text).toMatch(/A round takes about \d+ s to draw/);
    await said('lab', 'session stop');
    expect(rounds[0]!.drawn!.seconds).toBeGreaterThan(0);
    expect(rounds[0]!.learned!.memoryMb).toBeGreaterThan(rounds[0]!.drawn!.memoryMb! - 1);
  });
});

describe('a model with LoRAs', () => {
  const models = join(dir, 'models');
  beforeAll(() => {
    const folder = join(models, 'someone--ink@0123456789ab');
    mkdirSync(folder, { recursive: true });
    cpSync('tests/fixtures/mini/lora_attention.safetensors', join(folder, 'ink.safetensors'));
    const files = { 'ink.safetensors': { bytes: 1, sha256: '' } };
    const about = { source: 'someone/ink', revision: null, licence: 'MIT' };
    const note = { format: 'acclaim-model', version: 1, ...about, adapter: true, files };
    writeFileSync(join(folder, 'acclaim.json'), JSON.stringify(note));
    vi.stubEnv('ACCLAIM_MODELS', models);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });

  it('is used by the next sessions, which are drawn with them by their bytes', async () => {
    const set = await said('den', 'model use "mini  + someone/ink:.50"');
    expect(set.text).toContain('use **mini + someone/ink:0.5** from now on');
    expect((await said('den', 'model list')).text).toMatch(/\*\*someone\/ink\*\* \(used here\): pulled/);
    const answer = await said('den', 'session start --images 2 --rounds 1 a black cat');
    const id = answer.data?.session as string;
    const { session } = house.state(id);
    expect(session.model).toBe('mini + someone/ink:0.5');
    expect(session.sampler.stack).toMatchObject([{ name: 'someone/ink', licence: 'MIT', weight: 0.5 }]);
    await house.open(1, id);
    await said('den', 'session stop');
    await said('den', 'model use default');
  });

  it('is refused by its name where one is not here, or not allowed', async () => {
    expect((await said('den', 'model use "mini + nobody/ink"')).text).toContain('someone/ink');
    expect((await said('den', 'model use "mini + lcm-lora-sd15"')).text).toContain(
      'model pull lcm-lora-sd15',
    );
    await said('den', 'settings models mini');
    expect((await said('den', 'model use "mini + someone/ink"')).text).toContain('may not be used here');
    await said('den', 'settings models "mini, someone/ink"');
    expect((await said('den', 'model use "mini + someone/ink"')).title).toBe('Set');
    await said('den', 'settings models default');
    await said('den', 'model use default');
  });
});
