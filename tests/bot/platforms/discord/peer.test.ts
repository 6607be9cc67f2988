/** The peer bites: what Discord's description does not allow is refused and held against whoever sent it. */
import { expect, test } from 'vitest';
import { ends } from '../../../support/chat.js';
import { Peer, peerToken } from '../../../support/discord-peer/peer.js';

async function peerAndChannel() {
  const peer = await Peer.start();
  ends(() => peer.stop());
  const channel = peer.world.channel('roses');
  const ask = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bot ${peerToken}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${peer.url}/v10${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { peer, channel, ask };
}

test.each([
  ['a field that is not there', { contents: 'x' }, 'contents'],
  ['a wrong type', { content: 5 }, 'content'],
  ['an embed beyond its bounds', { embeds: [{ title: 'x'.repeat(257) }] }, 'embeds'],
  ['eleven embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) }, 'embeds'],
  ['a nonce of 26', { content: 'x', nonce: 'x'.repeat(26), enforce_nonce: true }, 'nonce'],
  ['a button without a row', { content: 'x', components: [{ type: 2, style: 1, label: 'x' }] }, 'components'],
  [
    'six buttons in a row',
    {
      components: [
        {
          type: 1,
          components: Array.from({ length: 6 }, (_, i) => ({ type: 2, style: 1, custom_id: `${i}` })),
        },
      ],
    },
    'components',
  ],
])('a message with %s', async (_, body, where) => {
  const { peer, channel, ask } = await peerAndChannel();
  expect(await ask('POST', `/channels/${channel.id}/messages`, body)).toMatchObject({ status: 400 });
  expect(peer.objections.join()).toContain(where);
  expect(channel.messages.size).toBe(0);
});

test('a query, an operation and a body that are not there', async () => {
  const { peer, channel, ask } = await peerAndChannel();
  expect((await ask('GET', `/channels/${channel.id}/messages?limit=101`)).status).toBe(400);
  expect((await ask('GET', `/channels/${channel.id}/messages?since=5`)).status).toBe(400);
  expect((await ask('POST', `/channels/${channel.id}/message`, {})).status).toBe(404);
  expect((await ask('PUT', `/channels/${channel.id}/messages/1/reactions/x/@me`, { a: 1 })).status).toBe(400);
  expect(peer.objections).toHaveLength(4);
});

test('bounds that Discord has and its description has not', async () => {
  const { peer, channel, ask } = await peerAndChannel();
  const messages = `/channels/${channel.id}/messages`;
  expect(await ask('POST', messages, { content: 'x'.repeat(2001) })).toMatchObject({ body: { code: 50035 } });
  expect(await ask('POST', messages, { content: '' })).toMatchObject({ body: { code: 50006 } });
  const { body } = await ask('POST', messages, { content: 'x' });
  for (let i = 0; i < 20; i++) peer.react('ann', body.id, String.fromCodePoint(0x1f600 + i));
  const over = await ask('PUT', `${messages}/${body.id}/reactions/${encodeURIComponent('\u{1F680}')}/@me`);
  expect(over).toMatchObject({ status: 400, body: { code: 30010 } });
  expect(peer.objections).toEqual([]);
});

test('a message older than an hour takes few edits', async () => {
  const { peer, channel, ask } = await peerAndChannel();
  const { body } = await ask('POST', `/channels/${channel.id}/messages`, { content: 'x' });
  peer.world.shift = 61 * 60_000;
  const edit = () => ask('PATCH', `/channels/${channel.id}/messages/${body.id}`, { content: 'y' });
  for (let i = 0; i < 3; i++) expect((await edit()).status).toBe(200);
  expect(await edit()).toMatchObject({ status: 429, body: { code: 30046 } });
});
