/** What commands may do, over the app: sessions are found, acts decided, new sessions put in their place. */

import type { Account, ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { PromptPolicy } from '../../src/chat/prompt-policy.js';
import type { Clock } from '../../src/clock.js';
import { mustAsk } from '../../src/domain/moderation/proposals.js';
import { ruleSettings, type Settings, usualSettings } from '../../src/domain/sessions/settings.js';
import { waitsForEngine } from '../../src/domain/sessions/views.js';
import { count } from '../../src/domain/state/count.js';
import type { RowChange } from '../../src/domain/state/decision.js';
import type { ConsentChanged } from '../../src/domain/state/events.js';
import type { Act, Place, SessionState } from '../../src/domain/state/model.js';
import { atLeast } from '../../src/domain/state/roles.js';
import type { RoundKind, RoundTime } from '../../src/domain/state/round-time.js';
import { AcclaimError } from '../../src/errors.js';
import { promptReading } from '../../src/models/prompt-reading.js';
import { codeHash, newCode } from '../../src/store/codes.js';
import type { Store } from '../../src/store/store.js';
import type { Actions, StartRequest } from '../commands/command.js';
import type { Cards } from '../effects/cards.js';
import type { Evaluations } from '../effects/evaluations.js';
import type { Messenger } from '../effects/messenger.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Chat } from '../inbound/chat.js';
import type { Limits } from '../inbound/limits.js';
import type { People } from '../sessions/people.js';
import type { NewSession, Plan, Sessions } from '../sessions/sessions.js';
import type { Exports } from './exports.js';
import type { Guests } from './guests.js';
import { Links } from './links.js';
import { type MemberBounds, mayOpen } from './member-bounds.js';
import { joinPool, type PoolParts } from './pools.js';
import type { Proposals } from './proposals.js';
import type { Pulls } from './pulls.js';
import { Sight } from './sight.js';

export interface ActionParts {
  sessions: Sessions;
  platforms: ReadonlyMap<string, ChatPlatform>;
  messenger: Messenger;
  cards: Cards;
  evaluations: Evaluations;
  clock: Clock;
  store: Store;
  pool: Pick<PoolParts, 'ensurePlace' | 'quorum' | 'guarded' | 'welcome'>;
  people: People;
  guards: Guards;
  nsfwChannels: readonly string[];
  chat: () => Chat;
  /** `also`: rows that are written with it or not at all. */
  open(
    spec: NewSession,
    id: string,
    place: Place,
    createdBy: string | null,
    also?: readonly RowChange[],
  ): Promise<SessionState>;
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession;
  /** Throws where the model is not here. */
  plan(request: Partial<StartRequest>, platform: PlatformName): Plan;
  /** As configured. */
  usualModel: string;
  policy: PromptPolicy;
  personal: Actions['personal'];
  timeOf(kind: RoundKind): Promise<RoundTime | null>;
  /** Of somebody whom no session that is held knows. */
  consented(event: ConsentChanged): Promise<void>;
  newId(title: string): string;
  /** Model as configured -> absolute path. */
  resolveModel(model: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
  modelsHere: Actions['modelsHere'];
  mostWaiting: number;
  limits: Limits;
  bounds: MemberBounds;
  /** Channel -> the server that it is on. */
  homes: ReadonlyMap<string, string | null>;
  budgets: Actions['budgets'];
  pulls: Pick<Pulls, 'ask' | 'lines'>;
  exports: Pick<Exports, 'found' | 'make' | 'lines'>;
  invite: Actions['invite'];
  proposals: Proposals;
  guests: Guests;
  /** As configured: a moderator looks first at what members ask for. */
  approval: boolean;
}

export function makeActions(parts: ActionParts): Actions {
  const { sessions, platforms, messenger, cards, clock, store, guards } = parts;
  const links = new Links({ clock, store, sessions });
  let set = new Map<string, Settings>();

  /** The page has a channel for each session; elsewhere a session lives where it was asked for, one at a time. */
  const placeFor = (session: string, { platform }: Account, channel: string, nsfw: boolean): Place => {
    const { sweeps } = platforms.get(platform)!.capabilities;
    const running = (address: string) => sessions.liveIn(platform, address) !== undefined;
    if (platform === 'web') {
      const address = nsfw ? parts.nsfwChannels.find((name) => !running(name)) : session;
      if (address !== undefined)
        return { channel: `web-${address}`, community: platform, platform, address, sweeps };
      throw new AcclaimError(
        'not-allowed',
        parts.nsfwChannels.length === 0
          ? 'No channel of the page is marked for such a session.'
          : 'A session runs in each channel that is marked for it.',
        'Name one more in ACCLAIM_NSFW_CHANNELS and start again.',
      );
    }
    if (running(channel))
      throw new AcclaimError(
        'not-allowed',
        'A session runs in this channel.',
        '**/acclaim session stop** ends it; or use another channel.',
      );
    return { channel: `${platform}-${channel}`, community: platform, platform, address: channel, sweeps };
  };

  /** A channel joins where it is. */
  const joining: PoolParts['placeFor'] = (session, account, channel) =>
    placeFor(session, account, channel, false);

  /** Agreed to be known here: only then is it written down who did what. */
  const known = async (key: string | null) =>
    key !== null && (sessions.knows(key) || (await store.lookups.agreed(key)));

  const onServer = async (name: PlatformName, one: string, other: string) =>
    (await platforms.get(name)?.sameServer?.(one, other)) ?? true;

  /** Every session that was ever bound to a channel of the same server. */
  const placesOnServer = async (platform: PlatformName, channel: string) => {
    const all = await store.lookups.addresses(platform);
    const here = await Promise.all(all.map((address) => onServer(platform, channel, address)));
    return store.lookups.boundTo(
      platform,
      all.filter((_, i) => here[i]),
    );
  };

  const sight = new Sight({
    platforms,
    placesOf: async (id, platform) => {
      const { bindings = [] } = sessions.get(id) ?? (await store.lookups.outline(id)) ?? {};
      return bindings.flatMap((row) => (row.platform === platform ? [row.address] : []));
    },
  });

  /** One that is there to be decided by this person, who sees where it was asked for. */
  const proposal = async (number: number, account: Account, channel: string) => {
    const found = parts.proposals.find(number, await decider(account, channel));
    if (await sight.ofChannel({ account, channel }, found.channel)) return found;
    throw new AcclaimError(
      'not-allowed',
      `There is no proposal ${number} here.`,
      '**/acclaim proposals** lists them.',
    );
  };

  const serverOf = async ({ platform }: Account, channel: string) => {
    const server = (await platforms.get(platform)?.serverOf?.(channel)) ?? null;
    return server === null ? platform : `${platform}-${server}`;
  };

  const serverOfState = ({ bindings: [own] }: SessionState) => {
    const server = own && parts.homes.get(own.channel);
    return server == null ? own?.platform : `${own?.platform}-${server}`;
  };

  /** A code that is tried counts, right or wrong: it may be a guess. */
  const mayTry = async (account: Account, by: string) =>
    parts.limits.admit('code', { account, known: await known(by), server: account.platform });

  const settings = async (account: Account, channel: string) =>
    set.get(await serverOf(account, channel)) ?? {};

  /** All that stands between a wish and its session; throws what does. */
  const prepare = async (asked: StartRequest, account: Account, channel: string) => {
    const by = asked.createdBy;
    const all = sessions.live();
    const server = await serverOf(account, channel);
    const here = all.filter((state) => serverOfState(state) === server);
    mayOpen(parts.bounds, { account, by, known: await known(by), asked }, { here, all });
    mustHaveRoom(sessions, parts.mostWaiting);
    const own = await settings(account, channel);
    const model = asked.model ?? modelOf(own, channel);
    mayName(asked.model, modelOf(own, channel) ?? parts.usualModel, own, account);
    const spec = withSettings(parts.specify({ ...asked, model }, account.platform), own, asked);
    const id = parts.newId(spec.title);
    const place = placeFor(id, account, channel, spec.nsfw);
    if (own.channels && !own.channels.includes(channel))
      throw new AcclaimError(
        'not-allowed',
        'Sessions may not be opened in this channel.',
        'An admin names those where they may: **/acclaim settings channels**.',
      );
    if (spec.nsfw) await platforms.get(account.platform)!.mustGuard(place.address);
    return { spec, id, place };
  };

  const decider = async (account: Account, channel: string) => ({
    server: await serverOf(account, channel),
    role: account.role,
  });

  return {
    served: (account, channel) => parts.guests.servesAt(account, channel),
    whyNotServed: (account, channel) => parts.guests.refusal(account, channel),
    claimServer: async (code, { account, by, channel }) => {
      await mayTry(account, by.key);
      return parts.guests.claim(code, account, channel);
    },
    servers: () => parts.guests.list(),
    decideServer: (...on) => parts.guests.decide(...on),
    placeFor,
    serverOf,
    settings,
    session: (id) => sessions.find(id),
    sessionsNear: async (account, channel) => {
      const all = await placesOnServer(account.platform, channel);
      const ids = new Set((await sight.places({ account, channel }, all)).map(({ session }) => session));
      const outlines: SessionState[] = [];
      for (const id of ids) {
        const state = sessions.get(id) ?? (await store.lookups.outline(id));
        if (state) outlines.push(state);
      }
      return outlines;
    },
    sessionsOfServer: async ({ platform }, channel) => {
      const here = (await placesOnServer(platform, channel)).filter((place) => place.here);
      // Of several channels the first.
      return [...new Map(here.toReversed().map((place) => [place.session, place])).values()].reverse();
    },
    votedIn: (keys) => store.lookups.votedIn(keys),
    isOwnServer: async (account, channel) => (await parts.guests.guestAt(account, channel)) === null,
    mayDecideOn: async (voter, account, channel) => {
      const guest = await parts.guests.guestAt(account, channel);
      if (guest === null) return true;
      const marked = await store.lookups.channelsMarkedBy(voter);
      const servers = new Map((await store.places.channels()).map(({ id, server }) => [id, server]));
      return marked.length > 0 && marked.every((one) => servers.get(one) === guest);
    },
    sessionOf: (account, channel) => sessions.ofChannel(account.platform, channel),
    act: async (session, act, by, channel) => {
      const bindings = (await sessions.find(session))?.bindings ?? [];
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
    join: async (code, from) => {
      await mayTry(from.account, from.by.key);
      return joinPool({ clock, store, sessions, placeFor: joining, ...parts.pool }, code, from);
    },
    invite: parts.invite,
    linkCode: (by) => links.ask(by.key),
    link: async (code, { account, by }) => {
      await mayTry(account, by.key);
      return links.link(code, by.key);
    },
    unlink: (by) => links.unlink(by.key),
    accounts: async (by) => (await store.accountsOf(by.key)).map(({ key }) => key),
    start: async (request, account, channel) => {
      const { spec, id, place } = await prepare(request, account, channel);
      return parts.open(spec, id, place, request.createdBy);
    },
    mustAsk: async (account, channel) => {
      const { approval } = await settings(account, channel);
      return mustAsk(approval ?? parts.approval, account.role);
    },
    usualSettings: ({ platform }) => usualSettings(parts.plan({}, platform).rules, parts.approval),
    propose: async ({ createdBy, nsfw: _, ...wish }, { account, channel, replyTo }) => {
      const { spec } = await prepare({ ...wish, createdBy }, account, channel);
      const { platform } = account;
      const by = (await known(createdBy)) ? createdBy : null;
      const server = await serverOf(account, channel);
      const asked = {
        ...wish,
        prompt: spec.prompt,
        title: wish.title && spec.title,
        criterion: spec.criterion,
      };
      return parts.proposals.ask({ server, platform, channel, wish: asked, by, at: clock.now() }, replyTo);
    },
    seesChannel: (account, channel, address) => sight.ofChannel({ account, channel }, address),
    seesSession: (account, channel, session) => sight.ofSession({ account, channel }, session),
    proposals: async (account, channel) => {
      const all = parts.proposals.of(await serverOf(account, channel));
      return sight.of({ account, channel }, all, (one) => one.channel);
    },
    proposal,
    openProposal: async (number, account, channel) => {
      await proposal(number, account, channel);
      let opened = '';
      await parts.proposals.decide(number, await decider(account, channel), async (found) => {
        const request = { ...found.wish, createdBy: found.by };
        const { spec, id, place } = await prepare(request, account, found.channel);
        await parts.open(spec, id, place, found.by, [{ table: 'proposal', done: number }]);
        opened = id;
        return { opened: true, reason: `It is the session **${id}**.` };
      });
      return opened;
    },
    refuseProposal: async (number, account, channel, reason) => {
      await proposal(number, account, channel);
      await parts.proposals.decide(number, await decider(account, channel), async () => {
        await store.commit([{ table: 'proposal', done: number }], []);
        return { opened: false, reason };
      });
    },
    mustGuard: (account, address) => platforms.get(account.platform)!.mustGuard(address),
    mustResume: (state) => guards.mustResume(state),
    channelsOf: async ({ platform }, channel) =>
      (await platforms.get(platform)?.channelsOf?.(channel)) ?? null,
    changeSettings: async (account, channel, changed) => {
      const id = await serverOf(account, channel);
      await store.places.setSettings({ id, platform: account.platform, name: id }, changed);
      set.set(id, changed);
    },
    loadSettings: async () => {
      set = await store.places.settings();
    },
    record: async (act) => {
      const row: Act = { ...act, at: clock.now(), by: (await known(act.by)) ? act.by : null };
      await store.commit([{ table: 'act', row }], []);
    },
    acts: (places, limit) => store.acts(places, limit),
    actsOf: (whole, places) => store.actsOf(whole, places),
    oneAct: async (account, channel) => `${await serverOf(account, channel)}/${newCode()}`,
    voterKey: (platform, id) => parts.people.key(platform, id),
    look: (state, ballot) => cards.look(state, ballot),
    showStory: async (session) => {
      const state = (await sessions.find(session))!;
      for (const to of state.bindings.filter((row) => row.leftAt === null)) {
        const rounds = state.rounds.filter((r) => r.outcome).length;
        const key = `${session}.story.${rounds}.${to.ordinal}`;
        await messenger.show(to, await cards.story(state, key));
      }
    },
    evaluationUnder: (session) => parts.evaluations.under(session),
    evaluationSheets: async (state) => cards.safetySheets(state, await parts.evaluations.pictures(state)),
    forget: async (account) => {
      const event = { kind: 'consent', channel: '', account, given: false, at: clock.now() } as const;
      await parts.chat().receive(event);
      await platforms.get(account.platform)?.forget?.((id) => id === account.id);
    },
    personal: (voter) => parts.personal(voter),
    setName: async (voter, name) => {
      // One row says it to every session of the community.
      const knows = sessions.holding().find((s) => s.voters.get(voter.key)?.consentAt != null);
      const event = { kind: 'consent', voter, given: true, name, at: clock.now() } as const;
      if (knows) await sessions.dispatch(knows.session.id, event);
      else if (await store.lookups.agreed(voter.key)) await parts.consented(event);
      else return false;
      return true;
    },
    allow: parts.policy.allow,
    newId: parts.newId,
    reading: (model, prompt) => promptReading(parts.resolveModel(model), prompt),
    budgets: parts.budgets,
    tasks: parts.tasks,
    models: parts.models,
    pull: (model) => parts.pulls.ask(model),
    pulls: () => parts.pulls.lines(),
    modelsHere: parts.modelsHere,
    modelInUse: async (account, channel) =>
      modelOf(await settings(account, channel), channel) ?? parts.usualModel,
    roundTime: async (request, platform) => {
      try {
        const { model, rules, sampler, learner } = parts.plan(request, platform);
        const kind = { model, images: rules.imagesPerRound, steps: sampler.steps, learner: learner.name };
        return await parts.timeOf(kind);
      } catch (error) {
        // A model that has gone keeps nobody from reading the list.
        if (error instanceof AcclaimError && error.code === 'model-not-found') return null;
        throw error;
      }
    },
    findExport: (what) => parts.exports.found(what),
    makeExport: (state, what) => parts.exports.make(state, what),
    exports: async (account, channel) => {
      const all = parts.exports.lines();
      const seen = await Promise.all(
        all.map(({ session }) => sight.ofSession({ account, channel }, session)),
      );
      return all.flatMap(({ line }, i) => (seen[i] ? [line] : []));
    },
    mostFileBytes: ({ platform }) => platforms.get(platform)?.capabilities.maxFileBytes ?? 0,
  };
}

/** Set for the channel, else for the server; undefined: as the configuration says. */
function modelOf({ model, channelModels }: Settings, channel: string): string | undefined {
  return channelModels?.[channel] ?? model;
}

/** Which models are used is for admins to say: others name the one in use, or one of those that the setting lists. */
function mayName(asked: string | undefined, used: string, own: Settings, { role }: Account): void {
  if (asked === undefined || asked === used || own.models?.includes(asked) || atLeast(role, 'admin')) return;
  throw new AcclaimError(
    'not-allowed',
    'Which models sessions use is for admins to say.',
    'Start it without one, or ask an admin for **/acclaim settings models**.',
  );
}

/** Those that wait already go on in their order; one more would only wait longer. */
function mustHaveRoom(sessions: Sessions, most: number): void {
  const waiting = sessions.live().filter(waitsForEngine).length;
  if (waiting < most) return;
  throw new AcclaimError(
    'engine-busy',
    `${count(waiting, 'round waits', 'rounds wait')} for an engine already.`,
    'Try again when some of them are through.',
  );
}

/** What admins set goes over the configuration, and under what was asked for only where it is a bound. */
function withSettings(spec: NewSession, settings: Settings, asked: StartRequest): NewSession {
  const { models, mostImages, mostRounds } = settings;
  const { imagesPerRound, budgetRounds } = spec.rules;
  if (models && !models.includes(spec.model))
    throw new AcclaimError(
      'not-allowed',
      `The model ${spec.model} may not be used here.`,
      '**/acclaim settings models** names those that may.',
    );
  const rules = {
    ...spec.rules,
    ...ruleSettings(settings),
    ...(asked.ballots === undefined ? {} : { ballots: asked.ballots }),
    imagesPerRound: Math.min(imagesPerRound, mostImages ?? imagesPerRound),
    budgetRounds: mostRounds === undefined ? budgetRounds : Math.min(budgetRounds ?? mostRounds, mostRounds),
  };
  return { ...spec, rules };
}
