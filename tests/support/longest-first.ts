/**
 * The order of test files: those that take longest first, so that no worker is left alone with one at the end. Vitest's own order
 * goes by times of runs before, which a fresh checkout has none of, and then by size.
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

const place = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
  return at < 0 ? longest.length : at;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
