/** What commands may do, over the app: sessions are found, acts decided, new sessions put in their place. */
import type { Account, ChatPlatform, PlatformName } from '../src/chat/port.js';
import type { Clock } from '../src/clock.js';
import type { SessionState } from '../src/domain/model.js';
import { AcclaimError } from '../src/errors.js';
import type { Actions, StartRequest } from './commands/command.js';
import type { Cards } from './handlers/cards.js';
import type { Chat } from './handlers/chat.js';
import type { Messenger } from './handlers/messenger.js';
import type { NewSession, Place, Sessions } from './sessions.js';

export interface ActionParts {
  sessions: Sessions;
  platforms: ReadonlyMap<string, ChatPlatform>;
  messenger: Messenger;
  cards: Cards;
  clock: Clock;
  chat: () => Chat;
  open(spec: NewSession, id: string, place: Place, createdBy: string | null): Promise<SessionState>;
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession;
  newId(title: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
}

export function makeActions(parts: ActionParts): Actions {
  const { sessions, platforms, messenger, cards, clock } = parts;

  /** The page has a channel for each session; elsewhere a session lives where it was asked for, one at a time. */
  const placeFor = (session: string, { platform }: Account, channel: string): Place => {
    const { sweeps } = platforms.get(platform)!.capabilities;
    if (platform === 'web') return { channel: `web-${session}`, platform, address: session, sweeps };
    const here = sessions.ofChannel(platform, channel);
    if (here && here.session.state !== 'ended')
      throw new AcclaimError(
        'not-allowed',
        'A session runs in this channel.',
        'Stop it first, or use another channel.',
      );
    return { channel: `${platform}-${channel}`, platform, address: channel, sweeps };
  };

  return {
    placeFor,
    sessions: () => sessions.all(),
    sessionOf: (account, channel) => sessions.ofChannel(account.platform, channel),
    act: (session, act, by) => sessions.dispatch(session, { kind: 'command', act, by, at: clock.now() }),
    start: async (request, account, channel) => {
      const spec = parts.specify(request, account.platform);
      const id = parts.newId(spec.title);
      return parts.open(spec, id, placeFor(id, account, channel), request.createdBy);
    },
    showStory: async (session) => {
      const state = sessions.get(session)!;
      for (const to of state.bindings) {
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
