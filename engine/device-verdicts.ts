/**
 * What a device's self-check found, kept in the data folder so that not every start pays for it (seconds of
 * CPU). A verdict holds for the device, the driver, onnxruntime's version and our own graphs as they were;
 * where a driver cannot be told from another nothing is kept. Refusals are not kept either: they cost little,
 * and people mend them.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, release } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { engineEnvironment } from '../src/config/env.js';
import { projectPath } from '../src/files/paths.js';
import { fusedOps } from './graph/op-decompositions.js';
import type { SelfCheck } from './runtime/self-check.js';

const verdictSchema = z.object({
  ok: z.literal(true),
  reason: z.literal(''),
  plain: z.array(z.enum(fusedOps as [(typeof fusedOps)[number]])),
  late: z.array(z.enum(['float16', 'bfloat16'])),
  half: z.boolean(),
  notes: z.array(z.string()),
});
const fileSchema = z.record(z.string(), verdictSchema);
/** Verdicts kept; the oldest go first. */
const MOST = 16;

/** The verdicts of one data folder. */
export class DeviceVerdicts {
  private readonly file: string;

  constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv = engineEnvironment(),
  ) {
    this.file = join(folder, 'devices.json');
  }

  get(device: string): SelfCheck | undefined {
    const key = keyOf(device, this.env);
    return key === null ? undefined : this.read()[key];
  }

  /** Nothing where the data folder is not there (yet) or cannot be written: it is only time that is lost. */
  put(device: string, verdict: SelfCheck): void {
    const key = keyOf(device, this.env);
    if (key === null || !existsSync(this.folder)) return;
    const { [key]: before, ...others } = this.read();
    const { data: kept } = verdictSchema.safeParse(verdict);
    // A device that works no longer has no verdict.
    if (!kept && !before) return;
    const all = Object.entries(kept ? { ...others, [key]: kept } : others).slice(-MOST);
    const fresh = `${this.file}.${process.pid}`;
    try {
      writeFileSync(fresh, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
      renameSync(fresh, this.file);
    } catch {
      // A folder that is read-only.
    }
  }

  /** A file that is not ours, or half of one, counts as empty. */
  private read(): z.infer<typeof fileSchema> {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.file, 'utf8')));
    } catch {
      return {};
    }
  }
}

/** Digest of all that a verdict depends on; null where that cannot be told. */
function keyOf(device: string, env: NodeJS.ProcessEnv): string | null {
  const driver = drivers[platform()]?.(env);
  if (driver === undefined) return null;
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const facts = [platform(), arch(), release(), version, graphs(), ...driver];
  return `${device} ${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)}`;
}

/** What the try of a device runs, byte for byte. */
function graphs(): string {
  const hash = createHash('sha256');
  for (const folder of ['graph', 'runtime'])
    for (const file of listed(projectPath('dist/engine', folder), /\.js$/, true))
      hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** Where the Vulkan loader looks for drivers. */
const MANIFESTS = ['/etc', '/usr/local/share', '/usr/share'].map((folder) => `${folder}/vulkan/icd.d`);

/** How a system's drivers are told from others; Windows' are not, where they come and go by themselves. */
const drivers: Partial<Record<NodeJS.Platform, (env: NodeJS.ProcessEnv) => readonly string[]>> = {
  // Part of the system, whose release is in the key.
  darwin: () => [],
  linux: (env) => {
    const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
    const manifests = named?.split(':') ?? MANIFESTS.flatMap((folder) => listed(folder, /\.json$/));
    return [
      env.LD_LIBRARY_PATH ?? '',
      ...manifests.flatMap((file) => [file, stamp(libraryOf(file, env))]),
      // NVIDIA's kernel module, which CUDA goes through.
      contents('/proc/driver/nvidia/version'),
      ...listed('/sys/class/drm', /card\d+$/).flatMap((card) =>
        ['vendor', 'device'].map((name) => contents(join(card, 'device', name))),
      ),
    ];
  },
};

/** The driver's library that a Vulkan manifest names, where the loader would find it. */
function libraryOf(manifest: string, env: NodeJS.ProcessEnv): string {
  const path = /"library_path"\s*:\s*"([^"]+)"/.exec(contents(manifest))?.[1] ?? manifest;
  if (isAbsolute(path)) return path;
  if (path.includes('/')) return join(dirname(manifest), path);
  const folders = [
    ...(env.LD_LIBRARY_PATH ?? '').split(':'),
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
  ];
  return folders.map((folder) => join(folder, path)).find(existsSync) ?? path;
}

/** Paths of what lies in `folder`, none where there is no such. */
function listed(folder: string, ending: RegExp, recursive = false): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive, encoding: 'utf8' }).filter((name) => ending.test(name));
  return names.sort().map((name) => join(folder, name));
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Which file it is, of what size and age. */
function stamp(file: string): string {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${realpathSync(file)} ${size} ${mtimeMs}`;
  } catch {
    return file;
  }
}
