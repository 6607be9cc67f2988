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

/** They play sessions, go through all of a search, or turn the process's clock. */
const alone = [
  'alerts',
  'lint',
  'attempts/*',
  'e2e/*',
  'bot/bucket',
  'bot/disk-full',
  'bot/engines-apart',
  'bot/limits',
  'bot/monitor',
  'bot/outage',
  'bot/start-*',
  'bot/{gallery,models,moderating,nsfw}-*',
  'bot/commands/{model,undo}',
  'bot/platforms/discord/{gateway,session}',
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
