/**
 * The bot's half of `acclaim doctor`: each platform that has a token is asked about it and about the channels
 * of running sessions. Libraries are loaded only for those; the manifest needs none.
 */
import type { Check, CheckPlatforms } from '../../src/cli/check.js';
import { remotePlatforms } from '../../src/domain/state/platforms.js';
import { peekChannels, peekStandings } from '../../src/store/peek.js';
import { manifest } from '../platforms/slack/manifest.js';
import { connectors } from '../platforms/table.js';

export const checkPlatforms: CheckPlatforms = async (config) => {
  const { dataDir } = config;
  const channels = await peekChannels(dataDir).catch(() => []);
  const decided = async () =>
    (await peekStandings(dataDir).catch(() => []))
      .filter(({ standing }) => standing !== 'unknown')
      .map(({ server }) => server);
  const found: Check[] = [];
  for (const name of remotePlatforms) {
    const there = channels.filter(({ platform }) => platform === name).map(({ address }) => address);
    found.push(...(await connectors[name].check(config, { channels: there, decided })));
  }
  return found;
};

/**
 * What an owner pastes to make the Slack app; `url` = where Slack reaches us over HTTP, null = Socket Mode.
 */
export function slackManifest(url: string | null): string {
  return `${JSON.stringify(manifest(url), null, 2)}\n`;
}
