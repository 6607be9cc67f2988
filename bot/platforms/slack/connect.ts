/** Slack, as `config.slack` says. */
import { join } from 'node:path';
import type { Config } from '../../../src/config/schema.js';
import { type Connector, leftOut } from '../remote/connector.js';
import type { Transport } from './options.js';

export const slack: Connector = {
  async connect({ slack, dataDir }, handed) {
    const { botToken: token, roles, api } = slack;
    if (token === null) return null;
    const { SlackPlatform } = await import('./adapter.js');
    const base = api === null ? {} : { api };
    const doneFile = join(dataDir, 'slack', 'done.jsonl');
    return new SlackPlatform({ ...handed, token, roles, transport: transportOf(slack), doneFile, ...base });
  },

  async check({ slack: { botToken: token, appToken, api } }, { channels }) {
    if (token === null) return leftOut('slack', 'SLACK_BOT_TOKEN');
    const { checkSlack } = await import('./check.js');
    return checkSlack({ token, appToken, channels, ...(api === null ? {} : { api }) });
  },
};

/**
 * Socket Mode where there is an app token: it needs no address that can be reached. The schema sees to
 * either.
 */
function transportOf({ appToken, signingSecret, host, port }: Config['slack']): Transport {
  if (appToken !== null) return { kind: 'socket', appToken };
  return { kind: 'http', signingSecret: signingSecret ?? '', host, port };
}
