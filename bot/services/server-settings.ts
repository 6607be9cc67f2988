/** What admins set for their server, over the configuration, and which server that is. */
import type { PlatformName } from '../../src/chat/port.js';
import { mustAsk } from '../../src/domain/moderation/proposals.js';
import { type Settings, usualSettings } from '../../src/domain/sessions/settings.js';
import type { Store } from '../../src/store/store.js';
import { languageOf } from '../../src/words/tell.js';
import type { Address } from '../effects/messenger.js';
import type { Platforms } from '../effects/platforms.js';
import type { Plans } from './plans.js';
import type { Asking } from './requests.js';

/** A channel of a platform, whoever asks. */
interface Where {
  account: Pick<Asking['account'], 'platform'>;
  channel: string;
}

export interface ServerSettingParts {
  store: Store;
  platforms: Platforms;
  plans: Plans;
}

/** Settings in memory, and in the store as they change. */
export class ServerSettings {
  private set = new Map<string, Settings>();

  constructor(private readonly parts: ServerSettingParts) {}

  /** What is stored. */
  async load(): Promise<void> {
    this.set = await this.parts.store.places.settings();
  }

  /**
   * Id of the server, workspace or page that a channel is of, such as `discord-7`: settings and acts without
   * a session are kept by it.
   */
  async serverOf({ account: { platform }, channel }: Where): Promise<string> {
    const server = await this.parts.platforms.serverOf(platform, channel);
    return server === null ? platform : `${platform}-${server}`;
  }

  /** What is set for the server where it is asked; empty where nothing is. */
  async of(asking: Asking): Promise<Settings> {
    return this.set.get(await this.serverOf(asking)) ?? {};
  }

  /** `changed`: all that holds there from now on. */
  async change(asking: Asking, changed: Settings): Promise<void> {
    const id = await this.serverOf(asking);
    await this.parts.store.places.setSettings({ id, platform: asking.account.platform, name: id }, changed);
    this.set.set(id, changed);
  }

  /** What holds where an admin has set nothing. */
  usual(platform: PlatformName): Record<string, unknown> {
    const { plans } = this.parts;
    return usualSettings(plans.plan({}, platform).rules, plans.approval, plans.language);
  }

  /** In which language a channel's messages are: as it is set, else as the platform says of the server. */
  async languageAt({ platform, address: channel }: Address): Promise<string | undefined> {
    const { plans, platforms } = this.parts;
    const at = { account: { platform }, channel };
    const { language = plans.language } = this.set.get(await this.serverOf(at)) ?? {};
    return languageOf(language) ?? languageOf(await platforms.get(platform)?.localeOf?.(channel));
  }

  /** What the next session in the channel would use, by name. */
  async model(asking: Asking): Promise<string> {
    return modelOf(await this.of(asking), asking.channel) ?? this.parts.plans.usualModel;
  }

  /** A moderator must look first at what this person would open here. */
  async mustAsk(asking: Asking): Promise<boolean> {
    const { approval } = await this.of(asking);
    return mustAsk(approval ?? this.parts.plans.approval, asking.account.role);
  }
}

/** The model that is set for the channel, else for the server; undefined: as the configuration says. */
export function modelOf({ model, channelModels }: Settings, channel: string): string | undefined {
  return channelModels?.[channel] ?? model;
}
