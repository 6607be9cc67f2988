/** What commands may do, over the app: sessions are found, acts decided, new sessions put in their place. */
import type { Account, ChatPlatform, PlatformName } from '../src/chat/port.js';
import type { Clock } from '../src/clock.js';
import type { Place, SessionState } from '../src/domain/model.js';
import { AcclaimError } from '../src/errors.js';
import { codeHash, newCode } from '../src/store/codes.js';
import type { Store } from '../src/store/store.js';
import type { Actions, StartRequest } from './commands/command.js';
import type { Cards } from './handlers/cards.js';
import type { Chat } from './handlers/chat.js';
import { Links } from './handlers/links.js';
import type { Messenger } from './handlers/messenger.js';
import { joinPool, type PoolParts } from './handlers/pools.js';
import type { NewSession, Sessions } from './sessions.js';

export interface ActionParts {
  sessions: Sessions;
  platforms: ReadonlyMap<string, ChatPlatform>;
  messenger: Messenger;
  cards: Cards;
  clock: Clock;
  store: Store;
  pool: Pick<PoolParts, 'ensurePlace' | 'quorum' | 'guarded' | 'welcome'>;
  chat: () => Chat;
  open(spec: NewSession, id: string, place: Place, createdBy: string | null): Promise<SessionState>;
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession;
  newId(title: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
}

export function makeActions(parts: ActionParts): Actions {
  const { sessions, platforms, messenger, cards, clock, store } = parts;
  const links = new Links({ clock, store, sessions });

  /** The page has a channel for each session; elsewhere a session lives where it was asked for, one at a time. */
  const placeFor = (session: string, { platform }: Account, channel: string): Place => {
    const { sweeps } = platforms.get(platform)!.capabilities;
    if (platform === 'web') {
      return { channel: `web-${session}`, community: platform, platform, address: session, sweeps };
    }
    const here = sessions.ofChannel(platform, channel);
    if (here && here.session.state !== 'ended')
      throw new AcclaimError(
        'not-allowed',
        'A session runs in this channel.',
        'Stop it first, or use another channel.',
      );
    return { channel: `${platform}-${channel}`, community: platform, platform, address: channel, sweeps };
  };

  return {
    placeFor,
    sessions: () => sessions.all(),
    sessionsNear: async ({ platform: name }, channel) => {
      const platform = platforms.get(name);
      const near = async ({ bindings }: SessionState) => {
        for (const { platform: of, address } of bindings)
          if (of === name && ((await platform?.sameServer?.(channel, address)) ?? true)) return true;
        return false;
      };
      const all = sessions.all();
      const here = await Promise.all(all.map(near));
      return all.filter((_, i) => here[i]);
    },
    sessionOf: (account, channel) => sessions.ofChannel(account.platform, channel),
    act: (session, act, by, channel) => {
      const bindings = sessions.get(session)?.bindings ?? [];
      const from = bindings.find(
        (row) => row.platform === by.platform && row.address === channel && row.leftAt === null,
      );
      if (!from) throw new AcclaimError('session-not-found', 'This channel is not in that session.', '');
      return sessions.dispatch(session, {
        kind: 'command',
        act,
        by,
        from: from.channel,
        at: clock.now(),
      });
    },
    joinCode: (goodForMs) => {
      const code = newCode();
      return { code, hash: codeHash(store.secret, 'join', code), until: clock.now() + goodForMs };
    },
    join: (code, from) => joinPool({ clock, store, sessions, placeFor, ...parts.pool }, code, from),
    linkCode: (by) => links.ask(by.key),
    link: (code, by) => links.link(code, by.key),
    unlink: (by) => links.unlink(by.key),
    accounts: (by) => store.accountsOf(by.key),
    start: async (request, account, channel) => {
      const spec = parts.specify(request, account.platform);
      const id = parts.newId(spec.title);
      return parts.open(spec, id, placeFor(id, account, channel), request.createdBy);
    },
    showStory: async (session) => {
      const state = sessions.get(session)!;
      for (const to of state.bindings.filter((row) => row.leftAt === null)) {
        const rounds = state.rounds.filter((r) => r.outcome).length;
        const key = `${session}.story.${rounds}.${to.ordinal}`;
        await messenger.show(to, await cards.story(state, key));
      }
    },
    forget: async (account) => {
      const event = { kind: 'consent', channel: '', account, given: false, at: clock.now() } as const;
      await parts.chat().receive(event);
      await platforms.get(account.platform)?.forget?.(account);
    },
    newId: parts.newId,
    tasks: parts.tasks,
    models: parts.models,
  };
}
