/**
 * The bot's half of `acclaim doctor`: each platform that has a token is asked about it and about the channels of running
 * sessions. Libraries are loaded only for those; the manifest needs none.
 */
import type { Check, CheckPlatforms } from '../../src/cli/check.js';
import { peekChannels, peekStandings } from '../../src/store/peek.js';
import { manifest } from '../platforms/slack/manifest.js';

export const checkPlatforms: CheckPlatforms = async ({ dataDir, discord, slack }) => {
  const channels = await peekChannels(dataDir).catch(() => []);
  const of = (platform: string) => channels.filter((c) => c.platform === platform).map((c) => c.address);
  const off = (name: string, variable: string, doc: string): Check => ({
    name,
    state: 'off',
    found: `not connected: ${variable} is not set`,
    mend: `How to: ${doc}.`,
  });
  const found: Check[] = [];
  if (discord.token === null) found.push(off('discord', 'DISCORD_TOKEN', 'docs/discord.md'));
  else {
    const { checkDiscord } = await import('../platforms/discord/check.js');
    const api = discord.api === null ? {} : { api: discord.api };
    const decided = (await peekStandings(dataDir).catch(() => [])).filter(
      ({ standing }) => standing !== 'unknown',
    );
    const known = new Set([...discord.ownServers, ...decided.map(({ server }) => server)]);
    found.push(...(await checkDiscord({ token: discord.token, channels: of('discord'), known, ...api })));
  }
  if (slack.botToken === null) found.push(off('slack', 'SLACK_BOT_TOKEN', 'docs/slack.md'));
  else {
    const { checkSlack } = await import('../platforms/slack/check.js');
    const { botToken: token, appToken } = slack;
    const api = slack.api === null ? {} : { api: slack.api };
    found.push(...(await checkSlack({ token, appToken, channels: of('slack'), ...api })));
  }
  return found;
};

/** What an owner pastes to make the Slack app; `url` = where Slack reaches us over HTTP, null = Socket Mode. */
export function slackManifest(url: string | null): string {
  return `${JSON.stringify(manifest(url), null, 2)}\n`;
}
