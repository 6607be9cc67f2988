/** Checks of `doctor`: configuration, data folder, and the page's address. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { toPlain } from '../../errors.js';
import { isLoopback } from '../../network/loopback.js';
import type { Check } from '../check.js';
import { GB, gigabytes } from './gigabytes.js';

/** The configuration, and the default one in its place where it is not valid. */
export function checkConfig(options: { file?: string | undefined; set: string[] }): {
  config: Config;
  check: Check;
} {
  try {
    const config = loadConfig(options);
    return { config, check: { name: 'configuration', state: 'ok', found: 'valid', hint: '' } };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    const check: Check = { name: 'configuration', state: 'fail', found: message, hint, code };
    return { config: loadConfig({ env: {} }), check };
  }
}

/** The data folder may not be there yet: then its nearest ancestor must let us make it. */
export function checkData(dataDir: string): Check[] {
  const dir = resolve(dataDir);
  let there = dir;
  while (!existsSync(there)) there = dirname(there);
  const hint = 'Choose another folder: --data DIR, or ACCLAIM_DATA.';
  const refused = (found: string): Check[] => [
    { name: 'data', state: 'fail', found, hint, code: 'data-unwritable' },
  ];
  if (!statSync(there).isDirectory()) return refused(`${there} is not a folder`);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return refused(`${there} is not writable`);
  }
  const { bavail, bsize } = statfsSync(there);
  const free = bavail * bsize;
  const space: Check =
    free < 0.2 * GB
      ? { name: 'disk', state: 'fail', found: `${gigabytes(free)} free`, hint, code: 'disk-full' }
      : free < 2 * GB
        ? {
            name: 'disk',
            state: 'warn',
            found: `${gigabytes(free)} free`,
            hint: 'Long sessions may fill it.',
          }
        : { name: 'disk', state: 'ok', found: `${gigabytes(free)} free`, hint: '' };
  return [{ name: 'data', state: 'ok', found: there === dir ? dir : `${dir} can be made`, hint: '' }, space];
}

/** Every page of it; null where there is none yet. */
export async function checkDatabase(dataDir: string): Promise<Check | null> {
  const name = 'database';
  const file = join(resolve(dataDir), 'acclaim.sqlite');
  if (!existsSync(file)) return null;
  try {
    const { Connection } = await import('../../store/sqlite.js');
    const db = await Connection.open(file, 'read');
    await db.checkSound().finally(() => db.close());
    return { name, state: 'ok', found: `${file} is sound`, hint: '' };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return { name, state: 'fail', found: message, hint, code };
  }
}

/** Whether somebody may listen there; nobody does afterwards. */
export function checkPort(host: string, port: number): Promise<Check> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      done({
        name: 'port',
        state: 'fail',
        found: taken
          ? `${host}:${port} is taken (perhaps by an Acclaim that runs)`
          : `${host}:${port}: ${error.message}`,
        hint: taken
          ? 'Stop what listens there, or choose another: --port N.'
          : 'Set server.host to an address of this machine.',
        code: taken ? 'port-taken' : 'config-invalid',
      });
    });
    server.listen(port, host, () =>
      server.close(() => done({ name: 'port', state: 'ok', found: `${host}:${port} is free`, hint: '' })),
    );
  });
}

/** Whether a page that others can reach asks for a token. */
export function checkAccess({ host, accessToken, hostNames, trustProxy }: Config['server']): Check {
  if (isLoopback(host) && hostNames.length === 0 && trustProxy.length === 0) {
    return { name: 'access', state: 'ok', found: `${host} is reached from this machine only`, hint: '' };
  }
  if (accessToken)
    return {
      name: 'access',
      state: 'ok',
      found: `${[host, ...hostNames].join(', ')} with an access token`,
      hint: '',
    };
  return {
    name: 'access',
    state: 'fail',
    found: `${[host, ...hostNames].join(', ')} is reached from other machines, and there is no access token`,
    hint: 'Set ACCLAIM_ACCESS_TOKEN (16 characters or more), or keep server.host on loopback, and server.hostNames and server.trustProxy empty.',
    code: 'config-invalid',
  };
}
