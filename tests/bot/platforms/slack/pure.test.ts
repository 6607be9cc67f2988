/** The parts that only turn one thing into another, each against what Slack's documents say. */
import { describe, expect, test } from 'vitest';
import { commandText } from '../../../../bot/platforms/slack/commands.js';
import { decode, type SlackEvent } from '../../../../bot/platforms/slack/decode.js';
import { canonical, slackName } from '../../../../bot/platforms/slack/emoji.js';
import { events, manifest, scopes } from '../../../../bot/platforms/slack/manifest.js';
import { escaped, pieces } from '../../../../bot/platforms/slack/markdown.js';
import { Newest, Seen } from '../../../../bot/platforms/slack/order.js';
import { groupsOf, roleOf } from '../../../../bot/platforms/slack/permissions.js';
import { later, timeOf } from '../../../../bot/platforms/slack/timestamp.js';
import { noRoles } from '../../../support/chat.js';

describe('emoji', () => {
  test("Slack's names of the numbers are the numbers", () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    expect(names.map(canonical)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(names).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(slackName));
  });

  test.each([
    ['+1', 'like'],
    ['thumbsup::skin-tone-6', 'like'],
    ['-1::skin-tone-2', 'dislike'],
    ['no_entry_sign', 'none'],
    ['white_check_mark', 'done'],
    ['star', 'star'],
  ])('%s is %s', (name, mark) => expect(canonical(name)).toBe(mark));

  test.each(['', 'tada', 'keycap_ten', 'one::skin', 'One', '::skin-tone-2', '__proto__'])(
    '%s is no mark',
    (name) => expect(canonical(name)).toBeUndefined(),
  );
});

describe('timestamps', () => {
  test.each([
    ['1700000000.000200', '1700000000.000100', true],
    ['1700000000.000100', '1700000000.000200', false],
    ['1700000001.000000', '1700000000.999999', true],
    ['1700000000.123456790', '1700000000.123456789', true],
    ['1700000000.1', '1700000000.100000', false],
    ['1700000000', '999999999.9', true],
  ])('is %s later than %s: %s', (a, b, expected) => expect(later(a, b)).toBe(expected));

  test('time of day in ms', () => expect(timeOf('1700000000.123456')).toBe(1_700_000_000_123));
});

describe('events', () => {
  const around = { self: 'UBOT', now: 5, isNotice: () => false };
  const reaction = {
    type: 'reaction_added',
    user: 'U1',
    reaction: 'two',
    item: { type: 'message', channel: 'C1', ts: '1700000000.000100' },
    event_ts: '1700000005.000000',
  };

  test('a reaction', () => {
    expect(decode(reaction, around)).toEqual({
      event: {
        kind: 'reaction',
        ref: { platform: 'slack', channel: 'C1', message: '1700000000.000100' },
        account: {
          platform: 'slack',
          id: 'U1',
          displayName: 'U1',
          bornAt: null,
          joinedAt: null,
          role: 'member',
        },
        emoji: '2',
        present: true,
        at: 1_700_000_005_000,
      },
      mark: { reaction: 'two', ts: '1700000005.000000' },
    });
  });

  test.each<[string, Partial<SlackEvent>]>([
    ['of ours', { user: 'UBOT' }],
    ["on another's message", { item_user: 'U2' }],
    ['on a file', { item: { type: 'file' } }],
    ['of nobody', { user: '' }],
    ['that is no mark', { reaction: 'tada' }],
    ['without an item', { item: { type: 'message' } }],
  ])('a reaction %s is nothing', (_, change) =>
    expect(decode({ ...reaction, ...change }, around)).toBeUndefined(),
  );

  test('what people write is never looked at', () => {
    expect(decode({ type: 'message', channel: 'C1', user: 'U1' }, around)).toBeUndefined();
    expect(decode({ type: 'message', subtype: 'message_changed', channel: 'C1' }, around)).toBeUndefined();
  });
});

describe('roles', () => {
  const rules = { ...noRoles, admins: ['U1', 'S1'], moderators: ['U2', 'S2'], operators: ['U3'] };
  const someone = { user: 'U9', groups: [], admin: false, guest: false, deleted: false };

  test.each([
    ['nobody in particular', {}, 'member'],
    ['an admin of the workspace', { admin: true }, 'admin'],
    ['an admin by name', { user: 'U1' }, 'admin'],
    ['an admin by group', { groups: ['S1'] }, 'admin'],
    ['a moderator by name', { user: 'U2' }, 'moderator'],
    ['a moderator by group', { groups: ['S2'] }, 'moderator'],
    ['the operator', { user: 'U3' }, 'operator'],
    ['a listed guest', { user: 'U1', guest: true }, 'member'],
    ['a listed person who left', { user: 'U3', deleted: true }, 'member'],
  ])('%s', (_, standing, role) => expect(roleOf({ ...someone, ...standing }, rules)).toBe(role));

  test('only groups are asked for', () => expect(groupsOf(rules)).toEqual(['S1', 'S2']));
});

describe('text', () => {
  test('the three signs are escaped, the invisible goes', () => {
    expect(escaped('<!here> & <@U1>\u200B\u202E')).toBe('&lt;!here&gt; &amp; &lt;@U1&gt;');
  });

  test.each([
    ['', '/acclaim'],
    ['  help ', '/acclaim help'],
    ['session start &lt;b&gt; &amp;amp;', '/acclaim session start <b> &amp;'],
    ['session start – a dash between', '/acclaim session start – a dash between'],
    ['x —rounds 3', '/acclaim x --rounds 3'],
    ['settings channels <#C1|roses>, <#C2|>', '/acclaim settings channels #roses, #C2'],
  ])('%j is %j', (typed, text) => expect(commandText(typed)).toBe(text));

  test('no pair of surrogates is cut', () => {
    const parts = pieces('🌹'.repeat(50), 7);
    expect(parts.join('')).toBe('🌹'.repeat(50));
    for (const part of parts) expect(part).not.toMatch(/\p{Cs}/u);
  });

  test('pieces end at line ends where there are any', () => {
    expect(pieces('aaaa\nbbbb\ncccc', 11)).toEqual(['aaaa\nbbbb\n', 'cccc']);
    expect(pieces('', 5)).toEqual([]);
  });
});

describe('what is remembered is bounded', () => {
  test('events', async () => {
    const seen = new Seen(2);
    let runs = 0;
    const job = async () => void runs++;
    for (const id of ['a', 'b', 'c', 'c', 'b']) await seen.once(id, job);
    expect(runs).toBe(3);
    await seen.once('a', job);
    expect(runs).toBe(4);
  });

  test('times', () => {
    const newest = new Newest(2);
    expect(newest.take('a', '2.0')).toBe(true);
    expect(newest.take('a', '1.0')).toBe(false);
    newest.take('b', '1.0');
    newest.take('c', '1.0');
    expect(newest.take('a', '1.0')).toBe(true);
  });
});

describe('the manifest', () => {
  test('over HTTP it names where Slack calls us, three times', () => {
    const text = JSON.stringify(manifest('https://bot.example.org/'));
    expect(text.match(/https:\/\/bot\.example\.org\/slack\/events/g)).toHaveLength(3);
    expect(text).toContain('"socket_mode_enabled":false');
  });

  test('for Socket Mode it names no address', () => {
    const text = JSON.stringify(manifest(null));
    expect(text).not.toContain('request_url');
    expect(text).toContain('"socket_mode_enabled":true');
    for (const name of [...scopes, ...events]) expect(text).toContain(`"${name}"`);
  });
});
