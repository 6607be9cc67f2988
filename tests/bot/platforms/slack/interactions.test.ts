/** Commands, buttons and menus as a member meets them, through the real Bolt. */
import { expect, test } from 'vitest';
import { chatCommands, commandSpecs } from '../../../../bot/commands/table.js';
import { actionId } from '../../../../bot/platforms/slack/mark.js';
import { parseCommand } from '../../../../src/chat/commands.js';
import type { Role } from '../../../../src/chat/port.js';
import { AcclaimError } from '../../../../src/errors.js';
import { tell } from '../../../../src/words/tell.js';
import { answer, noRoles, picture, sheet, typed } from '../../../support/chat.js';
import { deliver } from '../../../support/slack-peer/line.js';
import type { Asked } from '../../../support/slack-peer/peer.js';
import { titleOf, wordsOf } from '../../../support/slack-peer/rules.js';
import { Gate, until } from '../../../support/wait.js';
import { makeStage, type Stage } from './support.js';

async function answered(asked: Asked, count = 1): Promise<string> {
  await until(() => asked.answers.length >= count, 'an answer');
  return wordsOf(asked.answers.at(-1)!);
}

/** The role that a person's command comes with. */
async function roleOf(stage: Stage, name: 'ann' | 'boss' | 'mod'): Promise<Role> {
  const asked = await stage.peer.command(name, stage.channel, 'session status');
  await answered(asked);
  const event = stage.events.at(-1)!;
  if (event.kind !== 'command') throw new Error('no command');
  return event.account.role;
}

test('every command of the table can be typed, and is what it would be elsewhere', async () => {
  const stage = await makeStage();
  for (const { spec } of chatCommands) {
    const values = [...spec.options, ...spec.args].map(({ name, type }) => {
      const value =
        type === 'integer' || type === 'number'
          ? '3'
          : type === 'cell'
            ? 'b4'
            : type === 'person'
              ? '<@42>'
              : type === 'text'
                ? '"a <red> & rose"'
                : type.choice[0]!;
      return spec.options.some((o) => o.name === name) ? `--${name} ${value}` : value;
    });
    const asked = await stage.peer.command('ann', stage.channel, [...spec.path, ...values].join(' '));
    await answered(asked);
    const parsed = parseCommand(commandSpecs, typed(stage.events).at(-1)!);
    if (!parsed.ok) throw new Error(tell(parsed.answer));
    expect(parsed.spec).toBe(spec);
    for (const { name, type } of [...spec.args, ...spec.options])
      if (type === 'text') expect(parsed.values[name]).toBe('a <red> & rose');
  }
  expect(typed(stage.events)).toHaveLength(chatCommands.length);
});

test('what keyboards make of quotes and dashes is undone', async () => {
  const stage = await makeStage();
  const asked = await stage.peer.command('ann', stage.channel, 'session start —rounds 3 “a red rose”\u200B');
  await answered(asked);
  expect(typed(stage.events)).toEqual(['/acclaim session start --rounds 3 "a red rose"']);
  await answered(await stage.peer.command('ann', stage.channel, ''));
  expect(typed(stage.events).at(-1)).toBe('/acclaim');
});

test('a long act is acknowledged at once, and answered as it goes on, to its asker only', async () => {
  const stage = await makeStage();
  const working = new Gate();
  stage.onEvent = async (event) => {
    if (event.kind !== 'command') return;
    await stage.platform.reply(event.replyTo, answer('half way'));
    await working.pass();
    await stage.platform.reply(event.replyTo, answer('there'));
  };
  const asked = await stage.peer.command('ann', stage.channel, 'session status');
  // Acknowledged while the act goes on.
  expect(asked.status).toBe(200);
  working.open();
  expect(await answered(asked, 2)).toContain('there');
  expect(asked.answers.every((a) => a.response_type === 'ephemeral')).toBe(true);
  expect(await stage.peer.shown(stage.channel)).toEqual([]);
});

test('an act that nobody answers ends with a word; one that breaks says so', async () => {
  const stage = await makeStage();
  expect(await answered(await stage.peer.command('ann', stage.channel, 'help'))).toBe('Done.');
  stage.onEvent = async () => {
    throw new Error('broken');
  };
  expect(await answered(await stage.peer.command('ann', stage.channel, 'help'))).toContain(
    'went wrong on my side',
  );
  await until(() => stage.errors.length > 0, 'the fault to be told');
  expect(stage.errors.map(String)).toEqual(['Error: broken']);
  stage.onEvent = async () => {
    throw new AcclaimError('not-allowed', 'Not here', 'Go there.');
  };
  expect(await answered(await stage.peer.command('ann', stage.channel, 'help'))).toContain('Go there.');
});

test('an answer that the response_url takes no more goes as an ephemeral message', async () => {
  const stage = await makeStage();
  const working = new Gate();
  stage.onEvent = async (event) => {
    if (event.kind !== 'command') return;
    await working.pass();
    await stage.platform.reply(event.replyTo, answer('late'));
  };
  const asked = await stage.peer.command('ann', stage.channel, 'help');
  asked.expired = true;
  working.open();
  await until(() => stage.peer.front.count('chat.postEphemeral') === 1);
  const [sent] = stage.peer.front.argsOf('chat.postEphemeral');
  expect(sent).toMatchObject({ channel: stage.channel, user: stage.peer.id('ann') });
});

test('an answer that can reach nobody is dropped', async () => {
  const stage = await makeStage();
  const asked = await stage.peer.command('ann', stage.channel, 'help');
  await answered(asked);
  const [event] = stage.events;
  if (event?.kind !== 'command') throw new Error('no command');
  asked.expired = true;
  stage.peer.front.removedFrom.add(stage.channel);
  await stage.platform.reply(event.replyTo, answer('late'));
  expect(stage.errors).toEqual([]);
});

test('a long answer comes whole, in several messages, some beyond what the response_url takes', async () => {
  const stage = await makeStage();
  const text = JSON.stringify(Array.from({ length: 1500 }, (_, i) => ({ mark: i })));
  stage.onEvent = async (event) => {
    if (event.kind === 'command') await stage.platform.reply(event.replyTo, answer(text, { title: '' }));
  };
  const asked = await stage.peer.command('ann', stage.channel, 'me export');
  const rest = Math.ceil(text.length / 2900) - 5;
  await until(() => stage.peer.front.count('chat.postEphemeral') === rest);
  const sent = [...asked.answers, ...stage.peer.front.argsOf('chat.postEphemeral')];
  expect(sent.map((body) => wordsOf(body)).join('')).toBe(text);
});

test('commands in a direct message are sent to a channel', async () => {
  const stage = await makeStage();
  expect(await answered(await stage.peer.command('ann', 'D0DIRECT', 'help'))).toContain('Invite me');
  expect(stage.events).toEqual([]);
});

test('Done is told with its person', async () => {
  const stage = await makeStage();
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', null));
  await answered(await stage.peer.press('ann', stage.channel, ref.message, 'Done'));
  expect(stage.events).toMatchObject([
    {
      kind: 'button',
      ref,
      button: 'done',
      value: null,
      account: { id: stage.peer.id('ann'), displayName: 'ann' },
    },
  ]);
});

test('Flag asks for the picture, and tells which of the ballot it is', async () => {
  const stage = await makeStage();
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', await picture()));
  const asked = await stage.peer.press('ann', stage.channel, ref.message, 'Flag');
  expect(await answered(asked)).toContain('Only you see this');
  expect(stage.events).toEqual([]);
  const chosen = await stage.peer.choose('ann', stage.channel, asked.answers[0]!, 'A2');
  await answered(chosen);
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'flag', value: 'A2' }]);
  // The answer takes the place of the question.
  expect(chosen.answers[0]!.replace_original).toBe(true);
});

test('Why not? asks for the picture, then for what is wrong with it, and each answer takes the place of the question', async () => {
  const stage = await makeStage();
  const buttons = [{ id: 'why', label: 'Why not?' }];
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', null, { buttons }));
  const asked = await stage.peer.press('ann', stage.channel, ref.message, 'Why not?');
  expect(await answered(asked)).toContain('Which picture is not good?');
  const which = await stage.peer.choose('ann', stage.channel, asked.answers[0]!, 'A2');
  expect(await answered(which)).toContain('What is wrong with A2?');
  expect(which.answers[0]!.replace_original).toBe(true);
  expect(stage.events).toEqual([]);
  const chosen = await stage.peer.choose('ann', stage.channel, which.answers[0]!, 'too-few');
  await answered(chosen);
  expect(chosen.answers[0]!.replace_original).toBe(true);
  expect(stage.events).toMatchObject([{ kind: 'button', ref, button: 'why', value: 'A2 too-few' }]);
  // Of a gallery's one picture nobody asks which.
  const one = sheet('s.1.1', null, { buttons, data: { open: true, cells: [{ number: 1, name: '#4' }] } });
  const alone = await stage.platform.post(stage.channel, one);
  const direct = await stage.peer.press('ann', stage.channel, alone.message, 'Why not?');
  expect(await answered(direct)).toContain('What is wrong with #4?');
});

test('consent by button, and its withdrawal', async () => {
  const stage = await makeStage();
  const buttons = [
    { id: 'consent', label: 'I agree' },
    { id: 'withdraw', label: 'Withdraw' },
  ];
  const ref = await stage.platform.post(stage.channel, sheet('n', null, { kind: 'notice', buttons }));
  expect(await answered(await stage.peer.press('ann', stage.channel, ref.message, 'I agree'))).toContain(
    'count',
  );
  expect(await answered(await stage.peer.press('ann', stage.channel, ref.message, 'Withdraw'))).toContain(
    'withdrawn',
  );
  expect(stage.events).toMatchObject([
    { kind: 'consent', channel: stage.channel, given: true },
    { kind: 'consent', channel: stage.channel, given: false },
  ]);
});

test('roles: admins of the workspace, people and user groups of the list; guests are members', async () => {
  const stage = await makeStage({ roles: { ...noRoles, moderators: ['S0MODS'] }, pace: { people: 0 } });
  stage.peer.front.groups.set('S0MODS', [stage.peer.id('mod')]);
  expect(await roleOf(stage, 'ann')).toBe('member');
  expect(await roleOf(stage, 'mod')).toBe('moderator');
  expect(await roleOf(stage, 'boss')).toBe('admin');
  // Asked anew: what was true a minute ago is not believed.
  stage.peer.front.groups.set('S0MODS', []);
  expect(await roleOf(stage, 'mod')).toBe('member');
  stage.peer.front.people.set(stage.peer.id('boss'), { is_restricted: true });
  expect(await roleOf(stage, 'boss')).toBe('member');
  stage.peer.front.people.set(stage.peer.id('boss'), { deleted: true });
  expect(await roleOf(stage, 'boss')).toBe('member');
});

test('a person is answered in the language that they use Slack in, where there are words for it', async () => {
  const stage = await makeStage({ pace: { people: 0 } });
  stage.peer.front.people.set(stage.peer.id('ann'), { locale: 'ja-JP' });
  stage.peer.front.people.set(stage.peer.id('boss'), { locale: 'tlh-KX' });
  const languageOf = async (name: 'ann' | 'boss' | 'mod') => {
    await roleOf(stage, name);
    return (stage.events.at(-1) as { account: { language?: string } }).account.language;
  };
  expect(await languageOf('ann')).toBe('ja');
  // One that nobody has words for, and none.
  expect(await languageOf('boss')).toBeUndefined();
  expect(await languageOf('mod')).toBeUndefined();
});

test('without a paid plan there are no user groups: told once, and nobody becomes a moderator by it', async () => {
  const stage = await makeStage({ roles: { ...noRoles, moderators: ['S0MODS'] }, pace: { people: 0 } });
  stage.peer.front.paidPlan = false;
  expect(await roleOf(stage, 'mod')).toBe('member');
  expect(await roleOf(stage, 'mod')).toBe('member');
  expect(stage.errors).toMatchObject([{ code: 'not-allowed', hint: expect.stringContaining('member ids') }]);
});

test('a person who cannot be looked up does nothing: nobody is guessed to be a moderator', async () => {
  const stage = await makeStage();
  stage.peer.front.faults.inject({ method: 'users.info', times: 9, status: 500 });
  expect(await answered(await stage.peer.command('boss', stage.channel, 'session stop'))).toContain(
    'try again',
  );
  expect(stage.events).toEqual([]);
});

test('a forged command and a forged press are refused', async () => {
  const stage = await makeStage();
  const { target } = stage.peer;
  const body = new URLSearchParams({
    command: '/acclaim',
    text: 'session stop',
    user_id: stage.peer.id('boss'),
  });
  const time = String(Math.floor(Date.now() / 1000));
  const forged = { 'x-slack-request-timestamp': time, 'x-slack-signature': 'v0=abc' };
  expect((await fetch(target!, { method: 'POST', body })).status).toBe(401);
  expect((await fetch(target!, { method: 'POST', body, headers: forged })).status).toBe(401);
  expect(stage.events).toEqual([]);
});

test('a signed command and a signed press that come again are done once', async () => {
  const stage = await makeStage();
  const send = (fields: Record<string, string>) =>
    deliver(stage.peer.target!, String(new URLSearchParams(fields)), 'application/x-www-form-urlencoded');
  const command = (trigger_id: string) => ({
    command: '/acclaim',
    text: 'session stop',
    team_id: 'T000000001',
    channel_id: stage.channel,
    channel_name: 'roses',
    user_id: stage.peer.id('boss'),
    trigger_id,
    response_url: `${stage.peer.url}/none`,
  });
  for (let i = 0; i < 20; i++) expect(await send(command('trigger-1'))).toBe(200);
  expect(await send(command('trigger-2'))).toBe(200);
  const ref = await stage.platform.post(stage.channel, sheet('r', null));
  const press = JSON.stringify({
    type: 'block_actions',
    user: { id: stage.peer.id('boss') },
    team: { id: 'T000000001' },
    channel: { id: stage.channel },
    container: { message_ts: ref.message, channel_id: stage.channel },
    trigger_id: 'trigger-3',
    response_url: `${stage.peer.url}/none`,
    actions: [{ type: 'button', action_id: actionId('done'), block_id: 'b', value: 'x' }],
  });
  for (let i = 0; i < 20; i++) expect(await send({ payload: press })).toBe(200);
  const kinds = () => stage.events.map(({ kind }) => kind).sort();
  await until(() => kinds().length >= 3, 'two commands and a press');
  expect(kinds()).toEqual(['button', 'command', 'command']);
});

test('hostile words mention nobody and format nothing', async () => {
  const stage = await makeStage();
  const hostile = '<!channel> <@U0ACCLAIM> <https://evil.example|click> *bold* & `code` \u202Eesrever @here';
  const ref = await stage.platform.post(stage.channel, sheet('h', null, { title: hostile, text: hostile }));
  const { text, blocks } = await stage.peer.message(stage.channel, ref.message);
  expect(text).not.toMatch(/[<>]/);
  expect(text).not.toContain('\u202E');
  const rich = blocks!.find((b) => b.type === 'rich_text')!;
  const parts = rich.elements!.flatMap((section) => section.elements ?? []);
  // Literal parts only; what stands in them is what was said.
  expect(new Set(parts.map((p) => p.type))).toEqual(new Set(['text']));
  expect(titleOf({ blocks: blocks! })).toContain('<!channel> <@U0ACCLAIM>');
  const [sent] = stage.peer.front.argsOf('chat.postMessage');
  expect(sent).toMatchObject({ link_names: 'false', mrkdwn: 'false' });
});

test('texts beyond every bound are cut, not refused', async () => {
  const stage = await makeStage();
  const long = 'rose 🌹 '.repeat(2000);
  const label = 'x'.repeat(200);
  const card = sheet('l', await picture(), { title: long, text: long, buttons: [{ id: 'done', label }] });
  card.pictures[0]!.alt = long;
  await stage.platform.post(stage.channel, card);
  expect(await stage.peer.shown(stage.channel)).toHaveLength(1);
});

test("an open ballot's deadline stands in the reader's own time; progress says its figure", async () => {
  const stage = await makeStage();
  const deadline = 1_800_000_000_000;
  const ref = await stage.platform.post(stage.channel, sheet('d', null, { data: { deadline } }));
  const { blocks } = await stage.peer.message(stage.channel, ref.message);
  const date = blocks![0]!.elements![0]!.elements!.find((part) => part.type === 'date');
  expect(date).toMatchObject({ timestamp: 1_800_000_000 });
  const bar = await stage.platform.post(
    stage.channel,
    answer('drawing', { key: 'bar', kind: 'progress', progress: 0.4, data: { since: deadline } }),
  );
  const shown = await stage.peer.message(stage.channel, bar.message);
  expect(wordsOf(shown)).toContain('▰▰▰▰▱▱▱▱▱▱ 40 %');
  const parts = shown.blocks![0]!.elements![0]!.elements!;
  expect(parts.at(-2)).toMatchObject({ text: 'Waiting since ' });
  expect(parts.at(-1)).toMatchObject({ type: 'date', timestamp: 1_800_000_000 });
});
