/** Runs kill-at.mjs to its end, whichever that is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectPath } from '../../src/files/paths.js';

const script = projectPath('dist/tests/support/kill-at.mjs');

/**
 * `points`: how many there were, where it came to its end; null where it was killed. `afterMs` kills it so
 * long after it began.
 */
export async function killAt(args: readonly string[], afterMs?: number): Promise<{ points: number | null }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
    if (afterMs !== undefined && said.includes('begins')) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const [code, signal] = await once(child, 'close');
  const done = /^done (\d+)$/m.exec(said);
  if (!done && signal !== 'SIGKILL') throw new Error(`kill-at ended with ${code ?? signal}: ${said}`);
  return { points: done ? Number(done[1]) : null };
}
