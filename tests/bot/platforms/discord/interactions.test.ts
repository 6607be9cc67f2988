/** Commands, buttons, menus and completion as a member meets them, through the real client. */
import { expect, test } from 'vitest';
import { chatCommands, commandSpecs } from '../../../../bot/commands/table.js';
import { consentCard } from '../../../../bot/views/notice.js';
import { parseCommand } from '../../../../src/chat/commands.js';
import { AcclaimError } from '../../../../src/errors.js';
import { tell } from '../../../../src/words/tell.js';
import { answer, noRoles, picture, sheet, typed } from '../../../support/chat.js';
import type { Interaction } from '../../../support/discord-peer/interactions.js';
import { Gate, until } from '../../../support/wait.js';
import { makeStage } from './support.js';

const edited = (asked: Interaction) => asked.answer !== null && (asked.answer.flags & 128) === 0;
const textOf = (asked: Interaction) => String(asked.answer?.embeds[0]?.description ?? asked.answer?.content);

async function answered(asked: Interaction): Promise<string> {
  await until(() => edited(asked));
  return textOf(asked);
}

test('the commands are registered once, and again only when they changed', async () => {
  const stage = await makeStage();
  const put = 'put /applications/{application_id}/commands';
  expect(stage.peer.count(put)).toBe(1);
  await stage.again();
  expect(stage.peer.count(put)).toBe(1);
  expect(await stage.platform.register()).toBe(false);
  await stage.again({ commands: commandSpecs.slice(1) });
  expect(stage.peer.count(put)).toBe(2);
  await stage.again({ commands: commandSpecs, guilds: [stage.peer.world.guild.id] });
  expect(stage.peer.count('put /applications/{application_id}/guilds/{guild_id}/commands')).toBe(1);
});

test('commands stand once in every menu, whichever way they were set before', async () => {
  const stage = await makeStage();
  const { world } = stage.peer;
  const server = world.guild.id;
  const names = ['acclaim', 'acclaim-admin', 'acclaim-mod'];
  const menu = () => world.allCommands.map(({ name }) => String(name)).sort();
  // Of another program with the same application.
  world.commands.push({ ...world.commands[0]!, id: world.id(), name: 'weather' });
  expect(menu()).toEqual([...names, 'weather']);
  await stage.again({ guilds: [server] });
  expect([menu(), world.commands.length]).toEqual([[...names, 'weather'], 1]);
  await stage.again();
  expect([menu(), world.commands.length]).toEqual([names, 3]);
});

test('commands that Discord refuses for a server are told of, and everything else starts', async () => {
  const put = 'put /applications/{application_id}/guilds/{guild_id}/commands';
  const stage = await makeStage();
  const { peer, channel, errors } = stage;
  const other = peer.world.guild.id;
  peer.fault({ operation: put, status: 403, body: { message: 'Missing Access', code: 50001 } });
  const platform = await stage.again({ guilds: ['1', other] });
  const told = { code: 'not-allowed', message: expect.stringContaining('server 1: ') };
  expect(errors).toMatchObject([{ ...told, hint: expect.stringContaining('DISCORD_SERVERS') }]);
  expect(peer.world.commandsOf.get(other)).toHaveLength(3);
  await platform.post(channel.id, sheet('b', null));
});

test('commands whose registration gets no answer are registered later', async () => {
  const get = 'get /applications/{application_id}/commands';
  const { peer, errors } = await makeStage({ pace: { again: 20 } }, (peer) => {
    peer.fault({ operation: get, times: 8, status: 503 });
  });
  expect(errors).toMatchObject([{ code: 'platform-unreachable' }]);
  await until(() => peer.world.commands.length === 3, 'the commands');
});

test('a command that names its channel by id alone is taken like any other', async () => {
  const stage = await makeStage();
  stage.peer.interactions.whole = false;
  const asked = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'list']);
  await until(() => stage.events.length === 1, 'the command');
  expect(stage.events[0]).toMatchObject({ kind: 'command', channel: stage.channel.id });
  await until(() => asked.answer !== null, 'the answer');
});

test('every command of the table can be chosen, and says what typing it would', async () => {
  const stage = await makeStage();
  stage.onEvent = async (event) => {
    if (event.kind === 'command') await stage.platform.reply(event.replyTo, answer('ok'));
  };
  for (const { spec } of chatCommands) {
    const top = {
      member: 'acclaim',
      moderator: 'acclaim-mod',
      admin: 'acclaim-admin',
      operator: 'acclaim-admin',
    }[spec.role];
    const values = Object.fromEntries(
      [...spec.args, ...spec.options].map(({ name, type }) => [
        name,
        type === 'integer' || type === 'number'
          ? 3
          : type === 'cell'
            ? 'b4'
            : type === 'person'
              ? '<@42>'
              : type === 'text'
                ? 'a red "rose" --now'
                : type.choice[0]!,
      ]),
    );
    const asked = stage.peer.command('ann', stage.channel, [top, ...wordsOf(spec.path)], values);
    await answered(asked);
    const parsed = parseCommand(commandSpecs, typed(stage.events).at(-1)!);
    if (!parsed.ok) throw new Error(tell(parsed.answer));
    expect(parsed.spec).toBe(spec);
    for (const { name, type } of [...spec.args, ...spec.options])
      expect(parsed.values[name]).toBe(
        type === 'integer' || type === 'number'
          ? 3
          : type === 'cell'
            ? 'B4'
            : type === 'person'
              ? '@42'
              : type === 'text'
                ? 'a red ”rose” --now'
                : type.choice[0],
      );
  }
  expect(typed(stage.events)).toHaveLength(chatCommands.length);
});

test('commands that a text names are those of Discord, in what is posted, edited, answered and whispered', async () => {
  const stage = await makeStage();
  const { platform, channel } = stage;
  const hint = 'Then **/acclaim session resume** goes on.';
  const said = 'Then **/acclaim-mod session resume** goes on.';
  stage.onEvent = async (event) => {
    if (event.kind !== 'command') return;
    if (event.text === '/acclaim me votes') throw new AcclaimError('not-allowed', 'not here', hint);
    await platform.reply(event.replyTo, answer(hint, { title: '/acclaim session branch ROUND [PROMPT...]' }));
  };
  const card = answer(hint, { kind: 'notice', key: 'n' });
  const ref = await platform.post(channel.id, card);
  const text = () => channel.messages.get(ref.message)!.embeds[0]!.description;
  expect(text()).toBe(said);
  await platform.edit(ref, { ...card, text: `${hint} Or not.` });
  expect(text()).toBe(`${said} Or not.`);
  const asked = stage.peer.command('ann', channel, ['acclaim', 'session', 'list'], {});
  expect(await answered(asked)).toBe(said);
  expect(asked.answer!.embeds[0]!.title).toContain('/acclaim-mod session branch round:ROUND');
  const refused = stage.peer.command('ann', channel, ['acclaim', 'me', 'votes'], {});
  expect(await answered(refused)).toBe(`not here. ${said}`);
});

function wordsOf(path: readonly string[]): string[] {
  return path.length === 1 ? [path[0]!] : [path[0]!, path.slice(1).join('-')];
}

test('a long act is acknowledged at once and its answer is edited in, for its asker only', async () => {
  const stage = await makeStage();
  const working = new Gate();
  stage.onEvent = async (event) => {
    if (event.kind !== 'command') return;
    await working.pass();
    await stage.platform.reply(event.replyTo, answer('half way'));
    await stage.platform.reply(event.replyTo, answer('there'));
  };
  const asked = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  await until(() => asked.acknowledged !== null);
  expect(asked.acknowledged).toBe(5);
  expect(asked.answer!.flags).toBe(64 | 128);
  working.open();
  await until(() => edited(asked) && textOf(asked) === 'there');
  expect(stage.channel.messages.size).toBe(0);
});

test('an act that nobody answers ends with a word; one that breaks says so', async () => {
  const stage = await makeStage();
  const quiet = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  expect(await answered(quiet)).toBe('Done.');
  stage.onEvent = async () => {
    throw new Error('broken');
  };
  const broken = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  expect(await answered(broken)).toContain('went wrong on my side');
  await until(() => stage.errors.length > 0);
  expect(stage.errors.map(String)).toEqual(['Error: broken']);
});

test('whoever uses Discord in Japanese is answered in it, and a channel is posted to in its own language', async () => {
  const stage = await makeStage();
  stage.peer.interactions.locale = 'ja';
  const quiet = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  expect(await answered(quiet)).toBe('完了しました。');
  expect(stage.events.at(-1)).toMatchObject({ account: { language: 'ja' } });
  const card = consentCard(30);
  const ref = await stage.platform.post(stage.channel.id, { ...card, language: 'ja' });
  const posted = stage.channel.messages.get(ref.message)!;
  expect(JSON.stringify([posted.embeds, posted.components])).toMatch(/初めて投票する前に.*同意する/);
});

test('an acknowledgement that came after 3 s: the act is not done, since its asker saw it fail', async () => {
  const stage = await makeStage();
  stage.peer.interactions.patience = -1;
  stage.peer.command('ann', stage.channel, ['acclaim-mod', 'session', 'stop']);
  await until(() => stage.errors.length === 1);
  expect(stage.events).toEqual([]);
  expect(stage.errors[0]).toMatchObject({ code: 'cancelled' });
});

test('an acknowledgement whose answer was lost is not taken for a failure', async () => {
  const stage = await makeStage();
  const operation = 'post /interactions/{interaction_id}/{interaction_token}/callback';
  stage.peer.fault({ operation, status: 502, done: true });
  const asked = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  expect(await answered(asked)).toBe('Done.');
  expect(stage.events).toHaveLength(1);
});

test('an answer after the token has expired is dropped, and the bot keeps its own token', async () => {
  const stage = await makeStage();
  stage.onEvent = async (event) => {
    if (event.kind !== 'command') return;
    asked.expired = true;
    await stage.platform.reply(event.replyTo, answer('too late'));
  };
  const asked = stage.peer.command('ann', stage.channel, ['acclaim', 'session', 'status']);
  await until(() => stage.peer.requests.some((r) => r.status === 401));
  await stage.platform.post(stage.channel.id, sheet('b', null));
  expect(stage.channel.messages.size).toBe(1);
  expect(stage.fatal).toEqual([]);
  // From 15 minutes on it is not even tried.
  const before = stage.peer.requests.length;
  stage.peer.world.shift = 16 * 60_000;
  const [event] = stage.events;
  if (event?.kind === 'command') await stage.platform.reply(event.replyTo, answer('later still'));
  expect(stage.peer.requests).toHaveLength(before);
});

test('an answer longer than Discord takes goes along as a file', async () => {
  const stage = await makeStage();
  const marks = JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ ballot: `s.1.${i}`, emoji: '1' })));
  stage.onEvent = async (event) => {
    if (event.kind === 'command') await stage.platform.reply(event.replyTo, answer(marks));
  };
  const asked = stage.peer.command('ann', stage.channel, ['acclaim', 'me', 'export']);
  await answered(asked);
  const [file] = asked.answer!.attachments;
  expect(file!.filename).toBe('answer.txt');
  expect(stage.peer.world.files.get(file!.id)!.toString()).toBe(marks);
});

test('Done is a button; its event names the ballot and who pressed', async () => {
  const stage = await makeStage();
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture()));
  stage.onEvent = async (event) => {
    if (event.kind === 'button') await stage.platform.reply(event.replyTo, answer('Thank you'));
  };
  const asked = stage.peer.press('ann', stage.peer.world.find(ref.message)!, 'Done');
  expect(await answered(asked)).toBe('Thank you');
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'done', value: null }]);
});

test('Flag asks which picture and hands on the one that was picked', async () => {
  const stage = await makeStage();
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture()));
  stage.onEvent = async (event) => {
    if (event.kind === 'button')
      await stage.platform.reply(event.replyTo, answer(`${event.value} was reported`));
  };
  const pressed = stage.peer.press('ann', stage.peer.world.find(ref.message)!, 'Flag');
  await until(() => pressed.answer !== null);
  expect(pressed.answer!.flags).toBe(64);
  expect(stage.events).toEqual([]);
  const menu = pressed.answer!.components[0]!.components[0] as { options: { value: string }[] };
  expect(menu.options.map((o) => o.value)).toEqual(['A1', 'A2', 'A3']);
  const picked = stage.peer.choose('ann', pressed.answer!, 'A2');
  await until(() => textOf(picked) === 'A2 was reported');
  expect(picked.acknowledged).toBe(6);
  // The answer stands where the menu was.
  expect(pressed.answer!.components).toEqual([]);
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'flag', value: 'A2' }]);
});

test('Why not? asks which picture, then what is wrong with it, in one private message that the answer takes the place of', async () => {
  const stage = await makeStage();
  const buttons = [{ id: 'why', label: 'Why not?' }];
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture(), { buttons }));
  stage.onEvent = async (event) => {
    if (event.kind === 'button') await stage.platform.reply(event.replyTo, answer(`heard ${event.value}`));
  };
  const pressed = stage.peer.press('ann', stage.peer.world.find(ref.message)!, 'Why not?');
  await until(() => pressed.answer !== null);
  expect([pressed.answer!.flags, pressed.answer!.content]).toEqual([
    64,
    'Which picture is not good? Only you see this.',
  ]);
  const asked = stage.peer.choose('ann', pressed.answer!, 'A2');
  await until(() => asked.acknowledged !== null);
  expect([asked.acknowledged, asked.answer!.content]).toEqual([7, expect.stringContaining('with **A2**')]);
  type Menu = { options: { value: string }[]; min_values: number; max_values: number };
  const menu = asked.answer!.components[0]!.components[0] as unknown as Menu;
  expect(menu).toMatchObject({ min_values: 1, max_values: 2 });
  const all = ['wrong-thing', 'too-few', 'too-many', 'wrong-colour', 'ugly', 'something-else', 'nothing'];
  expect(menu.options.map(({ value }) => value)).toEqual(all);
  expect(stage.events).toEqual([]);
  const said = stage.peer.choose('ann', asked.answer!, 'too-few');
  await until(() => textOf(said) === 'heard A2 too-few');
  expect(asked.answer!.components).toEqual([]);
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'why', value: 'A2 too-few' }]);
  // Of a gallery's one picture nobody asks which.
  const one = sheet('s.1.1', null, { buttons, data: { open: true, cells: [{ number: 1, name: '#4' }] } });
  const alone = await stage.platform.post(stage.channel.id, one);
  const direct = stage.peer.press('ann', stage.peer.world.find(alone.message)!, 'Why not?');
  await until(() => direct.answer !== null);
  expect(direct.answer!.content).toMatch(/with .*#4/);
});

test('buttons still work after a restart; those of nobody say so', async () => {
  const stage = await makeStage();
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture()));
  await stage.again();
  const message = stage.peer.world.find(ref.message)!;
  await answered(stage.peer.press('ann', message, 'Done'));
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'done' }]);
  message.components[0]!.components[0]!.custom_id = 'something:else';
  const asked = stage.peer.press('ann', message, 'Done');
  await until(() => asked.answer !== null);
  expect(asked.answer!.content).toContain('does nothing any more');
  expect(stage.events).toHaveLength(1);
});

test('the standing notice takes consent by button and by reaction, is pinned, and is found however old', async () => {
  const stage = await makeStage();
  const notice = sheet('s.welcome', null, {
    kind: 'notice',
    buttons: [
      { id: 'consent', label: 'I agree' },
      { id: 'withdraw', label: 'Forget me' },
    ],
    data: {},
  });
  const ref = await stage.platform.post(stage.channel.id, notice);
  const message = stage.peer.world.find(ref.message)!;
  expect(message.pinned).toBe(true);
  const agreed = stage.peer.press('ann', message, 'I agree');
  expect(await answered(agreed)).toContain('your votes count');
  stage.peer.react('bea', ref.message, '\u2705');
  stage.peer.react('bea', ref.message, '\u2705', { present: false });
  stage.peer.react('bea', ref.message, '\u{1F44D}');
  await until(() => stage.events.length === 3);
  const withdrawn = stage.peer.press('ann', message, 'Forget me');
  expect(await answered(withdrawn)).toContain('withdrawn');
  expect(stage.events).toMatchObject([
    { kind: 'consent', channel: stage.channel.id, given: true },
    { kind: 'consent', given: true },
    { kind: 'consent', given: false },
    { kind: 'consent', given: false },
  ]);
  // Months and thousands of messages later: beyond what is searched, but pinned.
  stage.peer.world.shift = 90 * 86_400_000;
  for (let i = 0; i < 300; i++) stage.peer.world.message(stage.channel, stage.peer.world.person('ann').user);
  const platform = await stage.again();
  expect(await platform.post(stage.channel.id, notice)).toEqual(ref);
});

test('completion offers what the app knows, else what the type allows', async () => {
  const stage = await makeStage({
    complete: ({ path, name, typed: text }) =>
      path.join(' ') === 'session start' && name === 'prompt' ? ['rose', 'rocket', `${text}!`] : [],
  });
  const offered = async (asked: Interaction) => {
    await until(() => asked.choices !== null);
    return asked.choices!.map((c) => c.value);
  };
  const { peer, channel } = stage;
  expect(await offered(peer.type('ann', channel, ['acclaim', 'session', 'start'], 'prompt', 'ro'))).toEqual([
    'rose',
    'rocket',
    'ro!',
  ]);
  expect(await offered(peer.type('ann', channel, ['acclaim', 'best'], 'cell', 'b'))).toEqual(
    [...'123456789'].map((n) => `B${n}`),
  );
  expect(await offered(peer.type('ann', channel, ['acclaim', 'help'], 'command', 'zzz'))).toEqual([]);
});

test('roles come with each press: from permissions, roles of the server and the lists', async () => {
  const stage = await makeStage({ roles: { ...noRoles, moderators: ['777'] } });
  const { peer, channel } = stage;
  peer.world.person('mod', { roles: ['777'] });
  peer.world.person('boss', { permissions: 1n << 5n });
  for (const name of ['ann', 'mod', 'boss'])
    await answered(peer.command(name, channel, ['acclaim', 'session', 'status']));
  // Taken away since: the next act knows.
  peer.world.person('mod', { roles: [] });
  await answered(peer.command('mod', channel, ['acclaim', 'session', 'status']));
  const roles = stage.events.map((e) => (e.kind === 'command' ? e.account.role : null));
  expect(roles).toEqual(['member', 'moderator', 'admin', 'member']);
});
