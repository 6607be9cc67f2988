/**
 * Pulling from a hub on loopback that is honest, breaks off, lies, refuses, and is hostile; from a URL; from
 * a folder.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { hasTinyVae, openTinyVae } from '../../../engine/models/tiny-vae.js';
import { decodeListing } from '../../../engine/pull/listing.js';
import { type PullRequest, pull } from '../../../engine/pull/pull.js';
import { parseSource } from '../../../engine/pull/source.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { loadCatalogue } from '../../../src/config/catalogue.js';
import { loadConfig } from '../../../src/config/load.js';
import { decoderFor, modelNamesHere } from '../../../src/config/models.js';
import { findPulled, listPulled } from '../../../src/config/pulled.js';
import { adapterNamesHere, stackFor } from '../../../src/config/stack.js';
import { acclaim } from '../../support/command-line.js';
import { breakOff, COMMIT, type HubPeer, isFile, serve, startHub } from '../../support/hub-peer.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-pull-'));
const base = join(root, 'base');
cpSync('tests/fixtures/tiny/sd15/model', base, { recursive: true });
writeFileSync(join(base, 'LICENSE.md'), 'as you like it');
writeFileSync(join(base, 'README.md'), '# painterly');
writeFileSync(join(base, 'unet', 'diffusion_pytorch_model.bin'), 'pickled');
writeFileSync(join(base, 'photo.png'), 'not needed');
afterAll(() => rmSync(root, { recursive: true }));

const UNET = 'unet/diffusion_pytorch_model.safetensors';
let hub: HubPeer;
let models: string;
beforeEach(async () => {
  hub = await startHub(base);
  models = mkdtempSync(join(root, 'models-'));
});
afterEach(() => hub.close());

const request = (over: Partial<PullRequest> = {}): PullRequest => ({
  source: parseSource('someone/painterly'),
  models,
  variant: 'fp16',
  hub: { url: hub.url, token: null },
  // Where it sends on to for large files.
  reach: { inside: [new URL(hub.store).host] },
  signal: new AbortController().signal,
  retry: { pauseMs: 1, silenceMs: 30_000 },
  ...over,
});
const there = (dir = models): string[] => (readdirSync(dir, { recursive: true }) as string[]).sort();
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const bytes = (name: string) => readFileSync(join(base, name));
/** Bytes of the UNet that are on the disk. */
const arrived = (): number => {
  const file = join(models, `someone--painterly@${COMMIT.slice(0, 12)}.partial`, UNET);
  return existsSync(file) ? statSync(file).size : 0;
};

/** A folder with the marks of Stable Diffusion 1.5. */
function sd15(): string {
  const folder = mkdtempSync(join(root, 'marks-'));
  mkdirSync(join(folder, 'unet'));
  const marks = { cross_attention_dim: 768, block_out_channels: [320, 1280] };
  writeFileSync(join(folder, 'unet/config.json'), JSON.stringify(marks));
  return folder;
}

describe('an honest hub', () => {
  it('gives what is needed and no more; the model opens; it is listed, verified, removed', async () => {
    const seen: [number, number][] = [];
    const { dir, pulled } = await pull(request({ onProgress: (done, total) => seen.push([done, total]) }));
    expect(dir).toBe(join(models, `someone--painterly@${COMMIT.slice(0, 12)}`));
    expect(pulled).toMatchObject({ source: 'someone/painterly', revision: COMMIT, licence: 'cc0-1.0' });
    expect(Object.keys(pulled.files)).toEqual(expect.arrayContaining(['LICENSE.md', 'README.md', UNET]));
    expect(there(dir).join()).not.toMatch(/\.bin|photo/);
    expect(readFileSync(join(dir, UNET)).equals(bytes(UNET))).toBe(true);
    expect((await loadPipeline(dir)).dir).toBe(dir);
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    for (const [i, [done]] of seen.entries()) expect(done).toBeGreaterThanOrEqual(seen[i - 1]?.[0] ?? 0);
    expect(there(models).filter((name) => name.includes('partial'))).toEqual([]);

    expect(listPulled(models)).toHaveLength(1);
    expect(findPulled(`someone/painterly@${COMMIT}`, models)?.dir).toBe(dir);
    const before = hub.asked.length;
    expect((await pull(request())).dir).toBe(dir);
    expect(hub.asked.length - before, 'only the list is asked again').toBe(2);

    const run = (...argv: string[]) => acclaim('models', ...argv, '--models', models);
    expect((await run('--json')).out).toContain('someone/painterly');
    expect(await run('verify', 'someone/painterly')).toMatchObject({ status: 0, err: '' });
    writeFileSync(join(dir, 'vae/config.json'), '{}');
    expect(await run('verify', 'someone/painterly')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/model-corrupt.*vae.config\.json/),
    });
    expect((await run('remove', 'someone/painterly')).status).toBe(0);
    expect(there(models)).toEqual([]);
    expect((await run('verify', 'someone/painterly')).err).toContain('model-not-found');
  });

  it('prefers the precision that is asked for, sharded or not', async () => {
    const two = join(root, 'two');
    cpSync('tests/fixtures/tiny/sd15/model', two, { recursive: true });
    cpSync(join(two, UNET), join(two, 'unet/diffusion_pytorch_model.fp16.safetensors'));
    await hub.close();
    hub = await startHub(two);
    const names = async (variant: 'fp16' | 'fp32') => {
      const { dir } = await pull(request({ variant, models: join(models, variant) }));
      return readdirSync(join(dir, 'unet')).filter((name) => name.endsWith('.safetensors'));
    };
    expect(await names('fp32')).toEqual(['diffusion_pytorch_model.safetensors']);
  });

  it("gives a tiny decoder: a part of a model's folder, or alone, where no session runs on it", async () => {
    const taesd = 'tests/fixtures/tiny/tiny-vae/half';
    const both = join(root, 'both');
    cpSync(base, both, { recursive: true });
    cpSync(taesd, join(both, 'tiny_vae'), { recursive: true });
    const alone = join(root, 'alone');
    cpSync(taesd, alone, { recursive: true });
    writeFileSync(join(alone, 'taesd_decoder.safetensors'), 'the same by other names');
    const pulled = async (from: string, to: string) => {
      await hub.close();
      hub = await startHub(from);
      return pull(request({ models: join(models, to) }));
    };
    const { dir } = await pulled(both, 'whole');
    expect(hasTinyVae(dir)).toBe(true);
    const part = await pulled(alone, 'part');
    const files = ['config.json', 'diffusion_pytorch_model.safetensors'];
    expect(Object.keys(part.pulled.files).sort()).toEqual(files);
    expect(openTinyVae(part.dir).tinyConfig.latent_channels).toBe(4);
    const catalogue = loadCatalogue();
    expect(catalogue.families.sd15!.tiny).toBe('madebyollin/taesd');
    // The hub of this test has one repository.
    catalogue.families.sd15!.tiny = 'someone/painterly';
    const named = (tiny: string | null) =>
      decoderFor(
        { ...loadConfig({ env: {} }), decoder: { tiny, rounds: true } },
        // By its marks Stable Diffusion 1.5, whose decoder that is.
        sd15(),
        catalogue,
        join(models, 'part'),
      );
    expect(named('auto')).toEqual({ tiny: part.dir, rounds: true });
    expect(named('someone/painterly')).toEqual({ tiny: part.dir, rounds: true });
    expect(named(null)).toBeUndefined();
    expect(() => named('nobody/none')).toThrow(expect.objectContaining({ code: 'model-not-found' }));
    const here = (to: string) => modelNamesHere(catalogue, join(models, to)).includes('someone/painterly');
    expect([here('whole'), here('part')]).toEqual([true, false]);
    // What is no tiny decoder is refused by its class.
    const config = join(alone, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('AutoencoderTiny', 'ControlNetModel'));
    await expect(pulled(alone, 'control')).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringMatching(/ControlNetModel.*only AutoencoderTiny/),
    });
  });

  describe('LoRAs', () => {
    const lora = 'tests/fixtures/mini/lora_attention.safetensors';
    const loras = async (files: Record<string, string>) => {
      const folder = mkdtempSync(join(root, 'loras-'));
      for (const [name, from] of Object.entries(files)) cpSync(from, join(folder, name));
      await hub.close();
      hub = await startHub(folder);
    };
    const source = (text: string) => parseSource(text);

    it('come as what they are: sessions name them after a model, and no session runs on one alone', async () => {
      await loras({ 'style.safetensors': lora, 'README.md': join(base, 'README.md') });
      const { dir, pulled } = await pull(request());
      expect(pulled).toMatchObject({ adapter: true, licence: 'cc0-1.0' });
      const catalogue = loadCatalogue();
      expect(adapterNamesHere(catalogue, models)).toEqual(['someone/painterly']);
      expect(modelNamesHere(catalogue, models)).not.toContain('someone/painterly');
      const file = join(dir, 'style.safetensors');
      expect(stackFor(['someone/painterly:.5'], 'mini', catalogue, models).stack).toEqual([
        { file, name: 'someone/painterly', licence: 'cc0-1.0', sha256: sha256(file), weight: 0.5 },
      ]);
      const list = await acclaim('models', '--models', models);
      expect(list.out).toMatch(/someone\/painterly@\w+ {2}pulled LoRA/);
    });

    it('of one repository lie beside each other, each by its file', async () => {
      await loras({ 'ink.safetensors': lora, 'oil.safetensors': 'tests/fixtures/mini/lora_all.safetensors' });
      const [ink, oil] = [
        await pull(request({ source: source('someone/painterly/ink.safetensors') })),
        await pull(request({ source: source('someone/painterly/oil.safetensors@main') })),
      ];
      expect(Object.keys(ink.pulled.files)).toEqual(['ink.safetensors']);
      expect(Object.keys(oil.pulled.files)).toEqual(['oil.safetensors']);
      expect(adapterNamesHere(loadCatalogue(), models).sort()).toEqual([
        'someone/painterly--ink',
        'someone/painterly--oil',
      ]);
      await expect(pull(request())).rejects.toMatchObject({ code: 'model-unsupported' });
    });

    it('of the catalogue are found by its name, however they were pulled', async () => {
      const catalogue = loadCatalogue();
      const [entry] = catalogue.adapters;
      Object.assign(entry!, { hub: 'someone/painterly', file: 'ink.safetensors' });
      await loras({ 'ink.safetensors': lora });
      for (const [to, from] of [
        ['by-name', parseSource(entry!.name, {}, catalogue)],
        ['by-repository', source('someone/painterly')],
      ] as const) {
        const folder = join(models, to);
        await pull(request({ models: folder, source: from }));
        expect(adapterNamesHere(catalogue, folder)).toEqual([entry!.name]);
      }
    });

    it('with a PEFT configuration bring it: it has their scales', async () => {
      const config = join(root, 'adapter_config.json');
      writeFileSync(config, '{"peft_type":"LORA","r":4,"lora_alpha":8}');
      await loras({ 'adapter_model.safetensors': lora, 'adapter_config.json': config });
      const { pulled } = await pull(request());
      expect(Object.keys(pulled.files)).toContain('adapter_config.json');
    });

    it('of a kind that is not built are refused by it, and leave no model', async () => {
      const loha = join(root, 'loha.safetensors');
      writeSafetensors(loha, { 'lora_unet_mid_block.hada_w1_a': f32([1, 1], [1]) });
      await loras({ 'loha.safetensors': loha });
      await expect(pull(request())).rejects.toMatchObject({
        code: 'adapter-unsupported',
        message: expect.stringContaining('LoHa'),
      });
      expect(listPulled(models)).toEqual([]);
    });
  });

  it('shows a token to the hub and to no other host', async () => {
    await pull(request({ hub: { url: hub.url, token: 'secret' } }));
    const tokens = (host: string) => new Set(hub.asked.filter((a) => a.host === host).map((a) => a.token));
    expect(tokens('hub')).toEqual(new Set(['Bearer secret']));
    expect(tokens('store')).toEqual(new Set([undefined]));
  });
});

describe('a hub that breaks off', () => {
  it('is asked for the rest only', async () => {
    let breaks = 0;
    hub.faults.push((req, res, file) => {
      if (!file || !isFile(UNET)(req) || breaks === 3) return false;
      breaks++;
      breakOff(req, res, file, 10_000, arrived);
      return true;
    });
    const { dir } = await pull(request());
    expect(readFileSync(join(dir, UNET)).equals(bytes(UNET))).toBe(true);
    const ranges = hub.asked.filter((a) => a.host === 'store' && a.path.includes(UNET)).map((a) => a.range);
    expect(ranges).toHaveLength(4);
    expect(ranges[0]).toBeUndefined();
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d+-$/);
  });

  it('and stays broken: what is here waits, and the next pull goes on from there', async () => {
    const half = bytes(UNET).length >> 1;
    hub.faults.push((req, res, file) => {
      if (!file || !isFile(UNET)(req)) return false;
      if (req.headers.range) res.destroy();
      else breakOff(req, res, file, half, arrived);
      return true;
    });
    await expect(pull(request())).rejects.toMatchObject({
      code: 'hub-unreachable',
      hint: expect.stringContaining('again'),
    });
    const name = `someone--painterly@${COMMIT.slice(0, 12)}`;
    expect(existsSync(join(models, name))).toBe(false);
    expect(existsSync(join(models, `${name}.partial`, UNET))).toBe(true);
    expect(listPulled(models)).toEqual([]);
    hub.faults.length = 0;
    hub.asked.length = 0;
    const { dir } = await pull(request());
    expect(readFileSync(join(dir, UNET)).equals(bytes(UNET))).toBe(true);
    expect(hub.asked.find((a) => a.host === 'store' && a.path.includes(UNET))?.range).toMatch(
      /^bytes=[1-9]\d*-$/,
    );
  });

  it('ignores ranges: the file begins anew', async () => {
    let first = true;
    hub.faults.push((req, res, file) => {
      if (!file || !isFile(UNET)(req)) return false;
      if (first) breakOff(req, res, file, 5000, arrived);
      else serve({ ...req, headers: {} } as typeof req, res, file);
      first = false;
      return true;
    });
    const { dir } = await pull(request());
    expect(readFileSync(join(dir, UNET)).equals(bytes(UNET))).toBe(true);
  });

  it('says 429 and 503 for a while', async () => {
    let left = 3;
    hub.faults.push((_, res, file) => {
      if (!file || left-- <= 0) return false;
      res.writeHead(left % 2 ? 503 : 429, { 'retry-after': '0' }).end();
      return true;
    });
    await expect(pull(request())).resolves.toBeDefined();
  });

  it('says nothing: the connection is given up', async () => {
    hub.faults.push((req, _, file) => file !== undefined && isFile(UNET)(req));
    await expect(pull(request({ retry: { pauseMs: 1, silenceMs: 50 } }))).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
  });

  it('is left when the person leaves', async () => {
    const abort = new AbortController();
    hub.faults.push((req, res, file) => {
      if (!file || !isFile(UNET)(req)) return false;
      res.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 100), () => abort.abort());
      return true;
    });
    await expect(pull(request({ signal: abort.signal }))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a hub that lies or refuses', () => {
  const store = (change: (file: Buffer) => Buffer) => {
    hub.faults.push((req, res, file) => {
      if (!file || !isFile(UNET)(req)) return false;
      serve({ ...req, headers: {} } as typeof req, res, change(file));
      return true;
    });
  };
  it.each<[string, string, () => void]>([
    ['sends more than it promised', 'model-corrupt', () => store((f) => Buffer.concat([f, f]))],
    ['sends less than it promised, always', 'hub-unreachable', () => store((f) => f.subarray(0, 999))],
    ['sends other bytes', 'model-corrupt', () => store((f) => Buffer.alloc(f.length))],
    [
      'sends another small file',
      'model-corrupt',
      () =>
        hub.faults.push((req, res, file) => {
          if (!file || !isFile('vae/config.json')(req)) return false;
          serve(req, res, Buffer.from(file.toString().replace('4', '8')));
          return true;
        }),
    ],
    ['answers 401', 'model-gated', () => hub.faults.push((_, res) => !!res.writeHead(401).end())],
    ['answers 403', 'model-gated', () => hub.faults.push((_, res) => !!res.writeHead(403).end())],
    [
      'answers 404 to a file',
      'model-not-found',
      () => hub.faults.push((_, res) => !!res.writeHead(404).end()),
    ],
    ['answers 418', 'hub-unreachable', () => hub.faults.push((_, res) => !!res.writeHead(418).end())],
    [
      'sends on for ever',
      'hub-unreachable',
      () => hub.faults.push((req, res) => !!res.writeHead(302, { location: req.url! }).end()),
    ],
    [
      'sends on to a file',
      'hub-unreachable',
      () => hub.faults.push((_, res) => !!res.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    ],
    [
      'has no JSON',
      'hub-unreachable',
      () => {
        hub.raw.info = '<html>';
      },
    ],
    [
      'has no commit',
      'hub-unreachable',
      () => {
        hub.raw.info = '{}';
      },
    ],
    [
      'lists no list',
      'hub-unreachable',
      () => {
        hub.raw.tree = '{"error":1}';
      },
    ],
    [
      'lists for ever',
      'model-unsafe',
      () => {
        hub.raw = { tree: '[]', link: `${hub.url}/api/models/someone/painterly/tree/${COMMIT}` };
      },
    ],
    [
      'goes on elsewhere',
      'model-unsafe',
      () => {
        hub.raw.link = 'http://localhost:9/api';
      },
    ],
  ])('%s', async (_, code, fault) => {
    fault();
    await expect(pull(request())).rejects.toMatchObject({ code, hint: expect.stringMatching(/./) });
    expect(listPulled(models)).toEqual([]);
  });

  it('does not know the model, and is not there at all', async () => {
    await expect(pull(request({ source: parseSource('someone/else') }))).rejects.toMatchObject({
      code: 'model-not-found',
    });
    const gone = { url: 'http://127.0.0.1:9', token: null };
    await expect(pull(request({ hub: gone }))).rejects.toMatchObject({ code: 'hub-unreachable' });
  });
});

describe('a hostile list', () => {
  const entry = (path: string, over = {}) => ({ type: 'file', path, size: 1, oid: '0'.repeat(40), ...over });
  it.each<[string, unknown[]]>([
    ['up and out', [entry('../evil.json')]],
    ['up and out further in', [entry('unet/../../evil.json')]],
    ['from the root', [entry('/etc/evil.json')]],
    ['from a drive', [entry('C:/evil.json')]],
    ['with backslashes', [entry('unet\\..\\..\\evil.json')]],
    ['with a zero', [entry('unet/config.json\0.png')]],
    ['with an empty part', [entry('unet//config.json')]],
    ['a device', [entry('unet/con.json')]],
    ['a name that ends in a dot', [entry('unet/config.json.')]],
    ['a device for a terminal', [entry('unet/CONIN$')]],
    ['a device with a raised figure', [entry('unet/COM\u00b9.txt')]],
    ['a device in wide letters', [entry('\uff23\uff2f\uff2e')]],
    ['a device with spaces before its ending', [entry('nul  .json')]],
    ['a folder of git', [entry('.git/config')]],
    ['a folder of git in other letters', [entry('unet/.GiT/hooks/post-checkout')]],
    ['a folder of git by its short name', [entry('GIT~1/config')]],
    ['a right-to-left mark', [entry('unet/\u202egnp.json')]],
    ['a mark of no width', [entry('unet/con\u200bfig.json')]],
    ['an escape', [entry('unet/\u001b[2J.json')]],
    ['half a character', [entry('unet/\ud800.json')]],
    ['a name that ends in a space', [entry('unet /config.json')]],
    ['a space that is none', [entry('unet/con\u00a0fig.json')]],
    ['dots that are one letter', [entry('unet/\u2025/config.json')]],
    ['a wide slash', [entry('unet\uff0f..\uff0fconfig.json')]],
    ['two that differ in width', [entry('unet/config.json'), entry('unet/\uff43onfig.json')]],
    ['two that differ in a ligature', [entry('unet/\ufb01le.json'), entry('unet/file.json')]],
    ['two whose capitals are one', [entry('stra\u00dfe.json'), entry('STRASSE.json')]],
    ['very long', [entry('a'.repeat(5000))]],
    ['very deep', [entry(`${'a/'.repeat(50)}b`)]],
    ['two that differ in case', [entry('unet/config.json'), entry('UNET/Config.json')]],
    ['two that are one in Unicode', [entry('caf\u00e9.json'), entry('cafe\u0301.json')]],
    ['a file that is a folder', [entry('unet'), entry('unet/config.json')]],
    ['thousands', Array.from({ length: 30_000 }, (_, i) => entry(`${i}.json`))],
    ['a negative size', [entry('unet/config.json', { size: -1 })]],
    ['a size beyond all', [entry(UNET, { size: 1e18 })]],
    ['a hash that is none', [entry(UNET, { lfs: { oid: '../x', size: 1 } })]],
    ['no entries', [null, 7, 'x']],
  ])('%s', async (_, list) => {
    hub.list = list;
    const error = await pull(request()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'model-unsafe' });
    expect(String(error), 'nothing in it turns a line around').not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(there()).toEqual([]);
  });

  it("names that only look odd are nobody's concern", () => {
    const names = [
      '.gitattributes',
      '.gitignore',
      'console.json',
      'common.txt',
      'com10.txt',
      'a b.png',
      '猫.png',
      'é.md',
    ];
    expect(decodeListing(names.map((name) => entry(name))).map(({ path }) => path)).toEqual(names);
  });

  it.each<[string, string, unknown[]]>([
    [
      'pickled weights alone',
      'model-unsupported',
      ['model_index.json', 'unet/diffusion_pytorch_model.bin'].map((p) => entry(p)),
    ],
    ['nothing of a model', 'model-unsupported', [entry('README.md')]],
    ['one pickled file', 'model-unsupported', [entry('model.ckpt')]],
    ['a huge config', 'model-unsafe', [entry('model.safetensors'), entry('README.md', { size: 1e9 })]],
  ])('%s', async (_, code, list) => {
    hub.list = list;
    await expect(pull(request())).rejects.toMatchObject({ code });
    expect(there()).toEqual([]);
  });
});

describe('this machine', () => {
  it('a disk that is too full is told before anything is fetched', async () => {
    await expect(pull(request({ freeBytes: () => 1e6 }))).rejects.toMatchObject({ code: 'disk-full' });
    expect(hub.asked.filter((a) => a.host === 'store')).toEqual([]);
  });

  it('a model that does not open is not kept under its name', async () => {
    const broken = join(root, 'broken');
    cpSync(base, broken, { recursive: true });
    writeFileSync(join(broken, 'unet/config.json'), '{"_class_name":"UNet3D"}');
    await expect(pull(request({ source: parseSource(broken) }))).rejects.toMatchObject({
      code: 'model-unsupported',
    });
    expect(listPulled(models)).toEqual([]);
  });

  it('a folder, linked together as a hub cache is', async () => {
    const linked = join(root, 'linked');
    mkdirSync(linked);
    for (const name of readdirSync(base)) symlinkSync(join(base, name), join(linked, name));
    const { dir, pulled } = await pull(request({ source: parseSource(linked) }));
    expect(pulled.source).toBe(linked);
    expect(readFileSync(join(dir, UNET)).equals(bytes(UNET))).toBe(true);
    expect((await pull(request({ source: parseSource(linked) }))).dir).toBe(dir);
  });

  it('the command line', async () => {
    const ran = await acclaim('pull', base, '--to', models, '--json');
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject({ name: expect.stringMatching(/^base@[0-9a-f]{12}$/) });
    expect(await acclaim('pull', 'a b')).toMatchObject({ status: 2, err: expect.stringContaining('usage') });
  });
});

describe('what people write', () => {
  it.each([
    ['a/b', { kind: 'hub', name: 'a/b', revision: 'main' }],
    ['a/b@v1.0', { kind: 'hub', name: 'a/b', revision: 'v1.0' }],
    ['sd15', { kind: 'hub', name: 'stable-diffusion-v1-5/stable-diffusion-v1-5' }],
    ['https://example.org/x.safetensors', { kind: 'url', url: 'https://example.org/x.safetensors' }],
  ])('%s', (text, source) => {
    expect(parseSource(text)).toMatchObject(source);
  });
  it.each([
    '',
    'a',
    '../b',
    'a/../b',
    'a/b@..',
    'a/b@c@d',
    'https://me:secret@x.org/a.safetensors',
    'mini',
    '-a b',
  ])('%s is none', (text) => {
    expect(() => parseSource(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
  it('a folder of this machine is none from afar', () => {
    expect(() => parseSource(base, { local: false })).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
