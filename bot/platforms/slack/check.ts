/**
 * What `acclaim doctor` asks Slack: is the bot's token good and does it have its scopes, may it be in each
 * channel, is the app's token good for Socket Mode. Nothing is changed: the connection that is asked for is
 * never opened.
 */
import { webApi } from '@slack/bolt';
import type { Check } from '../../../src/cli/check.js';
import { toPlain } from '../../../src/errors.js';
import { clientOptions, SlackApi } from './api.js';
import { silent } from './client.js';
import { appTokenInvalid, slackCode, translate } from './errors.js';
import { scopes } from './manifest.js';
import { defaultPace } from './options.js';

export interface SlackQuestion {
  token: string;
  /** Null: Slack calls us over HTTP. */
  appToken: string | null;
  /** Channels of running sessions. */
  channels: readonly string[];
  api?: string;
}

/** What the doctor finds, the token first. It throws nothing: what fails is a check. */
export async function checkSlack(question: SlackQuestion): Promise<Check[]> {
  // Waits between attempts keep no process alive, and the doctor has nothing else that would.
  const awake = setInterval(() => {}, 60_000);
  return ask(question).finally(() => clearInterval(awake));
}

async function ask({ token, appToken, channels, api }: SlackQuestion): Promise<Check[]> {
  const base = { logger: silent, ...(api === undefined ? {} : { api }) };
  const slack = new SlackApi({ token, ...base }, { ...defaultPace, retry: 0 }, () => {});
  const link = appToken === null ? overHttp : await checkSocket(appToken, base);
  try {
    const self = await slack.whoAmI();
    const looked = await Promise.all(channels.map((channel) => checkChannel(slack, channel)));
    const known: Check = {
      name: 'slack token',
      state: 'ok',
      found: `user ${self.user} of ${self.team}`,
      hint: '',
    };
    return [known, checkScopes(self.scopes), link, ...looked];
  } catch (error) {
    return [failed('slack token', error), link];
  }
}

const overHttp: Check = {
  name: 'slack transport',
  state: 'ok',
  found: 'HTTP; whether Slack reaches it is seen under Event Subscriptions, Request URL, while Acclaim runs',
  hint: '',
};

function checkScopes(granted: readonly string[] | null): Check {
  const name = 'slack scopes';
  if (granted === null) return { name, state: 'off', found: 'Slack does not say', hint: '' };
  const missing = scopes.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return { name, state: 'ok', found: 'all that are needed', hint: '' };
  return {
    name,
    state: 'fail',
    found: `lacking: ${missing.join(', ')}`,
    hint: 'Add them under OAuth & Permissions, Bot Token Scopes, and install the app again.',
    code: 'not-allowed',
  };
}

async function checkSocket(appToken: string, base: Parameters<typeof clientOptions>[0]): Promise<Check> {
  const name = 'slack transport';
  try {
    await new webApi.WebClient(appToken, clientOptions(base)).apps.connections.open({});
    return { name, state: 'ok', found: 'Socket Mode', hint: '' };
  } catch (error) {
    return failed(name, slackCode(error) === undefined ? error : appTokenInvalid(error));
  }
}

async function checkChannel(slack: SlackApi, id: string): Promise<Check> {
  const name = `slack channel ${id}`;
  try {
    const { isArchived } = await slack.channel(id);
    if (!isArchived) return { name, state: 'ok', found: 'there', hint: '' };
    return { name, state: 'fail', found: 'it is archived', hint: 'Unarchive it, or stop its session.' };
  } catch (error) {
    return failed(name, error);
  }
}

function failed(name: string, error: unknown): Check {
  const { code, message, hint } = toPlain(translate(error));
  const check = { name, state: 'fail', found: message } as const;
  if (code === 'internal' || code === 'platform-unreachable')
    return { ...check, hint: 'Check the connection to slack.com and try again.' };
  return { ...check, hint, code };
}
