/**
 * The order of test files: those that take longest first, so that no worker is left alone with one at the end. Vitest's own order
 * goes by times of runs before, which a fresh checkout has none of, and then by size. These have a process of their own each, as
 * have those that need one; the others come after them, one after the other in processes that they share.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'e2e/chaos',
  'bot/crash',
  'engine/half-device',
  'engine/jobs/jobs',
  'bot/crash-redis',
  'bot/gallery-discord',
  'e2e/engines',
  'bot/faults-slack',
  'engine/webgpu',
  'bot/ended',
  'e2e/page',
  'bot/simulate',
  'bot/app',
  'bot/faults-discord',
  'engine/learn/direction',
  'engine/jobs/picking',
  'e2e/pool',
  'bot/privacy',
];

/**
 * They play sessions, go through all of a search, turn the process's clock, or load Slack's library: the `undici` that comes with
 * it then carries every fetch of the process, and Discord's library, where it comes second, cannot send files by it.
 */
const alone = [
  'accept',
  'alerts',
  'lint',
  'attempts/*',
  'e2e/*',
  'bot/{backup,bucket,disk-full,engines-apart,limits,monitor,outage,proposals-platforms}',
  'bot/*-{discord,slack}',
  'bot/commands/{model,rights,undo}',
  'bot/platforms/verdicts',
  'bot/platforms/discord/{gateway,session}',
  'bot/platforms/slack/*',
  'engine/*',
  'engine/jobs/*',
  'engine/learn/losses',
  'src/apart',
  'src/chat/pace',
  'src/queue/watchdog',
  'src/store/migrating',
];

const file = (name: string) => `tests/${name}.test.ts`;
export const aloneFiles = [...new Set([...longest, ...alone])].map(file);

const asPattern = (glob: string) =>
  glob
    .replaceAll('.', '\\.')
    .replaceAll('*', '[^/]*')
    .replace(/\{(.*?)\}/g, (_, names: string) => `(${names.replaceAll(',', '|')})`);
const own = aloneFiles.map((glob) => new RegExp(`^${asPattern(glob)}$`));
/** Whether the test file at this path of the project has a process of its own. */
export const isAlone = (path: string): boolean => own.some((pattern) => pattern.test(path));

const place = ({ moduleId, project }: TestSpecification): number => {
  const at = longest.findIndex((name) => moduleId.endsWith(`/${file(name)}`));
  if (at >= 0) return at;
  return longest.length + (project.config.isolate ? 0 : 1);
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
