/**
 * config/default.yaml, then the user's file, then the environment, then `--set key=value`: later ones win,
 * key by key. Every problem is reported at once, with the key's name, as `config-invalid`.
 */
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { AcclaimError } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { configFileVariable, type Environment, environmentSettings, readEnvironment } from './env.js';
import { problemLines, readYaml } from './files.js';
import { type Config, configSchema } from './schema.js';

export interface LoadOptions {
  /** A file over the defaults; else ACCLAIM_CONFIG; else none. */
  file?: string | undefined;
  /** `key=value` with dotted keys; values are YAML (`true`, `0.5`, `[cpu]`, text). */
  set?: readonly string[] | undefined;
  /** Handed in by tests. */
  env?: Environment;
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` onto `base`, key by key; lists and plain values are replaced whole. */
function merge(base: Tree, over: Tree): Tree {
  const out: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return out;
}

function nested(key: string, value: unknown): Tree {
  return key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Tree;
}

/** `a.b=value` -> [key, value]; undefined when it is not of that form. */
export function parseSetting(setting: string): [string, unknown] | undefined {
  const match = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(setting);
  if (!match) return undefined;
  try {
    return [match[1]!, parse(match[2]!) ?? null];
  } catch {
    return [match[1]!, match[2]!];
  }
}

const hint = 'Every key is explained in config/default.yaml.';

/**
 * config/default.yaml, a file, single settings and the environment, each over those before it. Errors:
 * config-invalid.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const env = options.env ?? readEnvironment();
  const file = options.file ?? env[configFileVariable];
  let tree = readYaml(projectPath('config/default.yaml')) as Tree;
  const problems: string[] = [];
  if (file !== undefined) {
    const own = readYaml(resolve(file));
    if (isTree(own)) tree = merge(tree, own);
    else problems.push(`${file}: expected keys and values`);
  }
  for (const [key, value] of environmentSettings(env)) tree = merge(tree, nested(key, value));
  for (const setting of options.set ?? []) {
    const parsed = parseSetting(setting);
    if (parsed) tree = merge(tree, nested(...parsed));
    else problems.push(`--set ${setting}: expected key=value, e.g. learner.lr=0.002`);
  }
  const result = configSchema.safeParse(tree);
  if (!result.success) problems.push(...problemLines(result.error));
  if (!result.success || problems.length > 0) {
    throw new AcclaimError('config-invalid', problems.join('; '), hint);
  }
  return result.data;
}
