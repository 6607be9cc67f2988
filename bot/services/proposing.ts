/**
 * What members would like to open, where a moderator must look at it first: asked for, looked at, opened or
 * refused.
 */
import type { Clock } from '../../src/clock.js';
import type { Proposal } from '../../src/domain/moderation/proposals.js';
import { AcclaimError } from '../../src/errors.js';
import type { Store } from '../../src/store/store.js';
import { say } from '../../src/words/text.js';
import type { Opening } from './opening.js';
import type { Decider, Proposals } from './proposals.js';
import type { Asker, Asking, StartRequest } from './requests.js';
import type { ServerSettings } from './server-settings.js';
import type { Sight } from './sight.js';
import type { StartSession } from './start-session.js';
import type { Voters } from './voters.js';

export interface ProposingParts {
  clock: Clock;
  store: Store;
  proposals: Proposals;
  startSession: StartSession;
  opening: Opening;
  settings: ServerSettings;
  voters: Voters;
  sight: Sight;
}

/** Proposals as people ask for them and decide on them; Proposals keeps and shows them. */
export class Proposing {
  constructor(private readonly parts: ProposingParts) {}

  /** Keeps it and shows moderators a card; throws what would keep it from being opened. */
  async propose({ createdBy, nsfw: _, ...wish }: StartRequest, from: Asker): Promise<Proposal> {
    const { clock, proposals, startSession, settings, voters } = this.parts;
    const { spec } = await startSession.prepare({ ...wish, createdBy }, from);
    const { account, channel, replyTo } = from;
    const by = (await voters.isKnown(createdBy)) ? createdBy : null;
    const server = await settings.serverOf(from);
    const asked = {
      ...wish,
      prompt: spec.prompt,
      title: wish.title && spec.title,
      criterion: spec.criterion,
    };
    const place = { server, platform: account.platform, channel };
    return proposals.ask({ ...place, wish: asked, by, at: clock.now() }, replyTo);
  }

  /** Those that wait on the server of this channel, in the asker's sight. */
  async inSight(asking: Asking): Promise<Proposal[]> {
    const all = this.parts.proposals.of(await this.parts.settings.serverOf(asking));
    return this.parts.sight.of(asking, all, (one) => one.channel);
  }

  /**
   * One that is there to be decided by this person, who sees where it was asked for. Throws `not-allowed`.
   */
  async find(number: number, asking: Asking): Promise<Proposal> {
    const found = this.parts.proposals.find(number, await this.decider(asking));
    if (await this.parts.sight.ofChannel(asking, found.channel)) return found;
    throw new AcclaimError(
      'not-allowed',
      say('There is no proposal {number} here.', { number }),
      say('**/acclaim proposals** lists them.'),
    );
  }

  /** Resolves with the session's id. */
  async open(number: number, asking: Asking): Promise<string> {
    const { proposals, startSession, opening } = this.parts;
    await this.find(number, asking);
    let opened = '';
    await proposals.decide(number, await this.decider(asking), async (found) => {
      const request = { ...found.wish, createdBy: found.by };
      const { spec, id, place } = await startSession.prepare(request, { ...asking, channel: found.channel });
      const also = [{ table: 'proposal', done: number }] as const;
      await opening.open(spec, { id, place, createdBy: found.by }, also);
      opened = id;
      return { opened: true, reason: say('It is the session **{id}**.', { id }) };
    });
    return opened;
  }

  /** `reason` is told to the asker. */
  async refuse(number: number, asking: Asking, reason: string): Promise<void> {
    const { proposals, store } = this.parts;
    await this.find(number, asking);
    await proposals.decide(number, await this.decider(asking), async () => {
      await store.commit([{ table: 'proposal', done: number }], []);
      return { opened: false, reason };
    });
  }

  private async decider(asking: Asking): Promise<Decider> {
    return { server: await this.parts.settings.serverOf(asking), role: asking.account.role };
  }
}
