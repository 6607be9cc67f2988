/**
 * Workspaces that are not the host's: an app that is installed on several is sent what happens in each, and
 * people of other workspaces come by shared channels. The real Bolt, over HTTP.
 */
import { expect, test } from 'vitest';
import { makeStage } from '../bot/platforms/slack/support.js';
import { until } from '../support/wait.js';
import { mustFail, rows } from './attempt.js';

type Stage = Awaited<ReturnType<typeof makeStage>>;
const kinds = ({ events, fatal }: Stage) => [
  ...events.map(({ kind }) => kind),
  ...fatal.map(({ code }) => code),
];
const abroad = (tell: (stage: Stage) => Promise<unknown>) => async () => {
  const stage = await makeStage();
  stage.peer.team = 'T000000002';
  await tell(stage);
  return kinds(stage);
};

test.each(
  rows([
    ...[
      'model pull sd15',
      'claim AAAA-BBBB',
      'session start a cat',
      'settings quorum 1',
      'server allow T000000002',
    ].map((text) => ({
      name: `another workspace: /acclaim ${text}`,
      run: abroad(async ({ peer, channel }) => {
        const asked = await peer.command('boss', channel, text);
        await until(() => asked.answers.length > 0, 'an answer');
        expect(JSON.stringify(asked.answers)).toContain('another workspace');
      }),
    })),
    {
      name: 'another workspace takes the app off',
      run: abroad(({ peer }) => peer.tell({ type: 'app_uninstalled' })),
    },
    {
      name: 'another workspace revokes its token',
      run: abroad(({ peer }) => peer.tell({ type: 'tokens_revoked', tokens: { bot: ['U1'] } })),
    },
    {
      name: 'another workspace archives a channel of that id',
      run: abroad(({ peer, channel }) => peer.tell({ type: 'channel_archive', channel })),
    },
    {
      name: 'an admin of another workspace, in a shared channel',
      async run() {
        const stage = await makeStage({}, (peer) =>
          peer.front.people.set(peer.id('boss'), { is_admin: true, team_id: 'T000000002' }),
        );
        await stage.peer.command('boss', stage.channel, 'model pull sd15');
        await until(() => stage.events.length > 0, 'the command');
        return stage.events.flatMap((event) =>
          event.kind === 'command' && event.account.role !== 'member' ? [event.account.role] : [],
        );
      },
    },
  ]),
)('%s', (_, attempt) => mustFail(attempt));
