/**
 * What Discord and Slack say, and what it means: final, or to be waited for. Worked by hand from their lists
 * of errors.
 */
import { webApi } from '@slack/bolt';
import { DiscordAPIError, HTTPError } from 'discord.js';
import { expect, test } from 'vitest';
import { failureKind } from '../../../bot/effects/failure-kinds.js';
import { translate as ofDiscord } from '../../../bot/platforms/discord/errors.js';
import { translate as ofSlack } from '../../../bot/platforms/slack/errors.js';
import { AcclaimError } from '../../../src/errors.js';

const effect = { kind: 'edit-ballot', key: 'k', session: 's', notBefore: 0, ballot: 'b' } as const;

const discord = (status: number, code: unknown) =>
  new DiscordAPIError({ message: 'said', code } as never, code as number, status, 'PATCH', 'https://d', {});
const away = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) });

test.each([
  ['an unknown channel', discord(404, 10003), 'final', 'channel-lost'],
  ['an unknown message', discord(404, 10008), 'final', 'message-gone'],
  ['something unknown that is not in the table', discord(404, 10057), 'final', 'platform-refused'],
  ['no such address', discord(404, 0), 'final', 'platform-refused'],
  ['no access', discord(403, 50001), 'final', 'channel-lost'],
  ['a right that is not in the table', discord(403, 50099), 'final', 'channel-lost'],
  ['an archived thread', discord(400, 50083), 'final', 'channel-lost'],
  ['a locked thread', discord(400, 160005), 'final', 'channel-lost'],
  ['a form that is wrong', discord(400, 50035), 'final', 'platform-refused'],
  ['too many edits of an old message', discord(429, 30046), 'waits', 'platform-unreachable'],
  ['sending is turned off for the moment', discord(403, 40004), 'waits', 'platform-unreachable'],
  ['an overloaded service', discord(400, 130000), 'waits', 'platform-unreachable'],
  ['a proxy in between that says 403', discord(403, undefined), 'waits', 'platform-unreachable'],
  ['a proxy in between that says 404', discord(404, undefined), 'waits', 'platform-unreachable'],
  [
    '503',
    new HTTPError(503, 'Service Unavailable', 'PATCH', 'https://d', {}),
    'waits',
    'platform-unreachable',
  ],
  ['no network', away, 'waits', 'platform-unreachable'],
  [
    'a time-out',
    new DOMException('This operation was aborted', 'AbortError'),
    'waits',
    'platform-unreachable',
  ],
] as const)('Discord: %s', (_, error, verdict, code) => {
  const told = ofDiscord(error);
  expect(told).toMatchObject({ code });
  expect(failureKind(effect, told)).toBe(verdict);
});

const slack = (error: string) =>
  Object.assign(Object.create(webApi.WebAPIPlatformError.prototype) as webApi.WebAPIPlatformError, {
    message: `An API error occurred: ${error}`,
    data: { ok: false, error },
  });

test.each([
  ['channel_not_found', 'final', 'channel-lost'],
  ['not_in_channel', 'final', 'channel-lost'],
  ['is_archived', 'final', 'channel-lost'],
  ['restricted_action', 'final', 'channel-lost'],
  ['message_not_found', 'final', 'message-gone'],
  ['invalid_blocks', 'final', 'platform-refused'],
  ['edit_window_closed', 'final', 'not-allowed'],
  ['internal_error', 'waits', 'platform-unreachable'],
  ['service_unavailable', 'waits', 'platform-unreachable'],
  ['ratelimited', 'waits', 'platform-unreachable'],
  ['team_added_to_org', 'waits', 'platform-unreachable'],
  ['a_word_of_next_year', 'waits', 'platform-unreachable'],
  ['token_revoked', 'waits', 'token-invalid'],
] as const)('Slack: %s', (word, verdict, code) => {
  const told = ofSlack(slack(word));
  expect(told).toMatchObject({ code });
  expect(failureKind(effect, told)).toBe(verdict);
});

test('what was not said by a platform is a fault of ours, and what no platform decides is never given up', () => {
  expect(failureKind(effect, new TypeError('undefined is not a function'))).toBe('fault');
  const refused = new AcclaimError('platform-refused', 'no');
  expect(failureKind({ ...effect, kind: 'cancel-job', job: 'j' }, refused)).toBe('waits');
  expect(failureKind(effect, refused)).toBe('final');
});

test('the word that a person can act on is told, however deep it lies', () => {
  expect(ofDiscord(away)).toMatchObject({
    message: 'Discord gives no answer (ENOTFOUND)',
    hint: 'Check the connection to discord.com.',
  });
});
