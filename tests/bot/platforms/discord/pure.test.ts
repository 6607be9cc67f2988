/** The parts that need no Discord: rights, words, pictures, commands. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandSpecs } from '../../../../bot/commands/table.js';
import { commandBodies } from '../../../../bot/platforms/discord/commands.js';
import { canonical, glyphOf } from '../../../../bot/platforms/discord/emoji.js';
import { markOf, parseCustomId, readMark } from '../../../../bot/platforms/discord/mark.js';
import { markdown } from '../../../../bot/platforms/discord/markdown.js';
import { inviteLink, roleOf } from '../../../../bot/platforms/discord/permissions.js';
import { loadPictures, renderCard, withPictures } from '../../../../bot/platforms/discord/render.js';
import { madeAt } from '../../../../bot/platforms/discord/snowflake.js';
import type { RoleRules } from '../../../../src/chat/roles.js';
import { reactionGlyphs } from '../../../../src/domain/state/emoji.js';
import { shrink } from '../../../../src/images/shrink.js';
import { picture, sheet } from '../../../support/chat.js';

const rules: RoleRules = {
  operators: ['1'],
  admins: ['2', 'r-admin'],
  moderators: ['3', 'r-mod'],
};

// Permission bits as Discord documents them, written out here and not taken from the library.
test.each([
  ['nobody in particular', '9', [], '0', 'member'],
  ['rights are not told', '9', [], null, 'member'],
  ['View Channel, Send Messages, Add Reactions', '9', [], String(0x400 + 0x800 + 0x40), 'member'],
  ['Kick and Ban Members', '9', [], String(0x2 + 0x4), 'member'],
  ['Manage Messages', '9', [], String(0x2000), 'moderator'],
  ['Moderate Members', '9', [], String(2n ** 40n), 'moderator'],
  ['Manage Server', '9', [], String(0x20), 'admin'],
  ['Administrator', '9', [], String(0x8), 'admin'],
  ['a listed moderator', '3', [], '0', 'moderator'],
  ["a moderators' role", '9', ['r-mod'], '0', 'moderator'],
  ['a listed admin', '2', [], '0', 'admin'],
  ["an admins' role over a moderators'", '9', ['r-mod', 'r-admin'], '0', 'admin'],
  ['a listed operator without any right', '1', [], '0', 'operator'],
  ['the name of a role as a user', 'r-other', ['other'], '0', 'member'],
] as const)('role: %s', (_, user, roles, permissions, role) => {
  expect(roleOf({ user, roles, permissions }, rules)).toBe(role);
});

test('the invite asks for what is needed, and not for administration', () => {
  const link = new URL(inviteLink('123'));
  const bits = BigInt(link.searchParams.get('permissions')!);
  expect(link.searchParams.get('scope')).toBe('bot applications.commands');
  for (const bit of [0x40n, 0x400n, 0x800n, 0x4000n, 0x8000n, 0x10000n]) expect(bits & bit).toBe(bit);
  expect(bits & (0x8n | 0x20n)).toBe(0n);
});

test.each([
  ['@everyone @here <@1> <@&2> <#3>', '\\@everyone \\@here \\<\\@1\\> \\<\\@&2\\> \\<#3\\>'],
  ['[win](https://evil.example)', '\\[win\\]\\(https\\://evil.example\\)'],
  [
    '`code` ~~gone~~ __under__ ||hidden|| *it*',
    '\\`code\\` \\~\\~gone\\~\\~ \\_\\_under\\_\\_ \\|\\|hidden\\|\\| \\*it\\*',
  ],
  ['# big\n-# small\n- item\n1. one\n> quote', '\\# big\n\\-# small\n\\- item\n1\\. one\n\\> quote'],
  ['a\u200Bb\u202Ec\uFEFFd\u{E0041}e\u0007f', 'abcdef'],
  ['**bold** and **bo`ld**', '**bold** and **bo\\`ld**'],
  ['back\\slash', 'back\\\\slash'],
  ['a rose, 3 of 4: 75 %', 'a rose, 3 of 4: 75 %'],
])('neutral: %j', (text, expected) => {
  expect(markdown(text)).toBe(expected);
});

test('whatever people write, no sign of Discord stands unescaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const bare = markdown(text.replaceAll('*', '')).replace(/\\[^0-9A-Za-z\s]/g, '');
      expect(bare).not.toMatch(/[*_~`|<>@[\]()\u200B-\u200F\u202A-\u202E]|:\/\//);
      expect(bare).not.toMatch(/^\s*[#-]/m);
    }),
  );
});

test('every mark has a look that comes back as itself, in any skin', () => {
  for (const name of reactionGlyphs.keys()) {
    expect(canonical({ id: null, name: glyphOf(name)! })).toBe(name);
    expect(canonical({ id: '55', name: glyphOf(name)! })).toBeUndefined();
  }
  expect(canonical({ id: null, name: '\u{1F44E}\u{1F3FF}' })).toBe('dislike');
  expect(canonical({ id: null, name: null })).toBeUndefined();
  expect(glyphOf('star-3')).toBeUndefined();
});

test('an id tells its time, as in the documentation', () => {
  // The example of https://discord.com/developers/docs/reference#snowflakes.
  expect(madeAt('175928847299117063')).toBe(Date.parse('2016-04-30T11:18:25.796Z'));
});

test('the mark of a card is found in buttons, in file names and in a footer, and nowhere else', async () => {
  const mark = markOf('77', 's.1.0');
  expect(mark).not.toBe(markOf('78', 's.1.0'));
  const file = await picture();
  const shapes = [
    sheet('s.1.0', file),
    sheet('s.1.0', null),
    sheet('s.1.0', file, { buttons: [] }),
    sheet('s.1.0', null, { buttons: [] }),
    sheet('s.1.0', null, { buttons: [], kind: 'progress', progress: 0.5, title: '', text: '' }),
  ];
  for (const card of shapes) {
    const { body, files } = withPictures(renderCard(card, mark), await loadPictures(card, mark));
    const attachments = (body.attachments ?? []).map((a) => ({ filename: a.filename! }));
    expect(files).toHaveLength(attachments.length);
    const sent = { components: body.components ?? [], embeds: body.embeds ?? [], attachments };
    expect(readMark(sent as never)).toBe(mark);
  }
  const faked = { components: [], attachments: [], embeds: [{ description: `Acclaim · ${mark}` }] };
  expect(readMark(faked as never)).toBeUndefined();
  expect(parseCustomId('acclaim:xyz:done')).toBeUndefined();
});

test('nobody is mentioned, hostile words stay words, everything fits', async () => {
  const hostile = '@everyone **[x](https://evil.example)** <@1>'.repeat(200);
  for (const file of [null, await picture()]) {
    const card = sheet('k', file, { title: hostile, text: hostile });
    const body = renderCard(card, markOf('1', 'k'));
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(body.content!.length).toBeLessThanOrEqual(2000);
    const [embed] = body.embeds ?? [];
    expect((embed?.title ?? '').length).toBeLessThanOrEqual(256);
    expect((embed?.description ?? '').length).toBeLessThanOrEqual(4096);
    const all = `${body.content}${embed?.title ?? ''}${embed?.description ?? ''}`;
    expect(all).not.toMatch(/(?<!\\)@/);
  }
});

test('a deadline, and since when a round waits, are shown in the reader’s own time', () => {
  const card = sheet('k', null, { data: { open: true, deadline: 1_800_000_000_999 } });
  expect(renderCard(card, 'm').embeds![0]!.description).toContain('<t:1800000000:R>');
  const waits = sheet('k', null, { kind: 'progress', data: { since: 1_800_000_000_999 } });
  expect(renderCard(waits, 'm').embeds![0]!.description).toContain('Waiting since <t:1800000000:f>');
});

test('a picture above the bound becomes a JPEG below it, any other stays as it is', async () => {
  const size = 160;
  const noise = Uint8Array.from(randomBytes(size * size * 3));
  const { encodePng, decodePicture } = await import('../../../../src/images/png.js');
  const png = await encodePng({ width: size, height: size, data: noise });
  expect(await shrink(png, png.length)).toEqual({ bytes: png, extension: 'png' });
  const { bytes, extension } = await shrink(png, 40_000);
  expect(extension).toBe('jpg');
  expect(bytes.length).toBeLessThanOrEqual(40_000);
  expect((await decodePicture(bytes)).width).toBe(size);
  await expect(shrink(png, 100)).rejects.toMatchObject({ code: 'not-allowed' });
});

test('three commands by rank, with defaults that a server may override', () => {
  const bodies = commandBodies([
    ...commandSpecs,
    { path: ['long'], help: 'x'.repeat(300), role: 'admin', args: [], options: [] },
  ]);
  expect(bodies.map((b) => [b.name, b.default_member_permissions])).toEqual([
    ['acclaim', null],
    ['acclaim-mod', 0x2000],
    ['acclaim-admin', 0x20],
  ]);
  const options = bodies[2]!.options as { name: string; description: string }[];
  expect(options.find((o) => o.name === 'long')!.description).toHaveLength(100);
});
