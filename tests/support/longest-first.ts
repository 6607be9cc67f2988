/**
 * The order of test files, and which of them share processes. Those that take longest come first, so that no
 * worker is left alone with one at the end: Vitest's own order goes by times of runs before, which a fresh
 * checkout has none of, and then by size. A process loads the libraries once for all files that share it, and
 * its engine has compiled what the next file needs.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** As measured in seconds of two cores that do nothing else: a file of ten and more. */
const longest = [
  'e2e/chaos',
  'e2e/states',
  'e2e/pool',
  'engine/jobs/jobs',
  'bot/crash',
  'e2e/engines',
  'bot/crash-redis',
  'engine/learn/direction',
  'bot/engines-apart',
  'bot/simulate',
  'engine/half-device',
  'engine/process',
  'engine/webgpu',
  'bot/ended',
  'e2e/page',
  'src/store/migrating',
  'bot/privacy',
  'bot/app',
  'engine/jobs/half',
  'engine/jobs/picking',
  'engine/jobs/ghosts',
  'bot/before',
  'bot/bucket',
  'src/apart',
  'bot/commands/model',
  'bot/outage',
  'engine/precision',
  'e2e/gallery',
  'attempts/crowd',
  'bot/disk-full',
  'bot/monitor',
  'engine/learn/losses',
  'e2e/leaving',
  'e2e/veil',
  'lint',
  'engine/adapters/goldens',
  'e2e/offline',
  'bot/platforms/web/doors',
  'engine/diffusion/sampler',
  'src/cli/doctor',
];

/**
 * They have a process of their own each: those that load Discord's library and Slack's one after the other,
 * and those that gain little, because what they wait for is in processes that they start, or compile graphs
 * that no other file runs.
 */
const alone = [
  'alerts',
  'lint',
  'attempts/{crowd,hidden,servers-discord}',
  'e2e/*',
  'bot/{backup,before,bucket,crash,crash-redis,disk-full,engines-apart,monitor,proposals-platforms,simulate}',
  'bot/platforms/discord/session',
  'engine/{half-device,monitor,precision,process,webgpu}',
  'engine/jobs/{ghosts,jobs,picking,xl}',
  'engine/learn/{direction,losses}',
  'src/apart',
];

/**
 * They load Slack's library: the `undici` that comes with it then carries every fetch of the process, and
 * Discord's library, where it comes second, cannot send files by it.
 */
const slack = [
  'bot/faults-slack',
  'bot/start-slack',
  'bot/models-slack',
  'bot/*-slack',
  'bot/platforms/slack/*',
  'bot/platforms/verdicts',
  'attempts/servers-slack',
  'accept',
];

/** They start the whole bot, which could load either library; these give it Discord's tokens alone. */
const discord = [
  'bot/faults-discord',
  'bot/start-discord',
  'bot/gallery-discord',
  'bot/models-discord',
  'bot/*-discord',
];

const file = (name: string) => `tests/${name}.test.ts`;
export const aloneFiles = alone.map(file);
export const slackFiles = slack.map(file);
export const discordFiles = discord.map(file);

const asPattern = (glob: string) =>
  glob
    .replaceAll('.', '\\.')
    .replaceAll('*', '[^/]*')
    .replace(/\{(.*?)\}/g, (_, names: string) => `(${names.replaceAll(',', '|')})`);
const own = [...aloneFiles, ...slackFiles, ...discordFiles].map((glob) => new RegExp(`^${asPattern(glob)}$`));
/**
 * Whether the test file at this path of the project shares no process with those that must never see Slack's
 * library.
 */
export const maySlack = (path: string): boolean => own.some((pattern) => pattern.test(path));

const order = ['alone', 'slack', 'discord', 'shared'];
/** Files of a project one after the other: a process ends where the next file is of another. */
const place = ({ moduleId, project }: TestSpecification): number => {
  const at = [...slack, ...discord, ...longest].findIndex((name) => moduleId.endsWith(`/${file(name)}`));
  return order.indexOf(project.name) * 1000 + (at < 0 ? 999 : at);
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
