/**
 * Interactions as people begin them and the bot answers them: acknowledged within 3 s and once, answered by a
 * message that only the asker sees, for 15 minutes.
 * https://discord.com/developers/docs/interactions/receiving-and-responding
 */
import { Refusal } from './faults.js';
import type { Gateway } from './gateway.js';
import { type Channel, channelBody, type Member, type Message, type World } from './world.js';

export interface Interaction {
  id: string;
  token: string;
  person: Member;
  channel: Channel;
  began: number;
  /** Type of the acknowledgement; null before it. */
  acknowledged: number | null;
  /** The ephemeral answer; null while Discord shows "thinking". */
  answer: Message | null;
  choices: { name: string; value: string | number }[] | null;
  expired: boolean;
}

export class Interactions {
  readonly all: Interaction[] = [];
  /** ms in which the bot must acknowledge. */
  patience = 3000;
  /** Of whoever acts from now on. */
  locale = 'en-US';
  /** False: they carry the channel's id alone. */
  whole = true;

  constructor(
    private readonly world: World,
    private readonly gateway: Gateway,
  ) {}

  begin(
    person: Member,
    channel: Channel,
    kind: number,
    data: unknown,
    message: Message | null = null,
  ): Interaction {
    const { world } = this;
    const interaction: Interaction = {
      id: world.id(),
      token: `token-${world.id()}`,
      person,
      channel,
      began: Date.now(),
      acknowledged: null,
      answer: null,
      choices: null,
      expired: false,
    };
    this.all.push(interaction);
    this.gateway.send('INTERACTION_CREATE', {
      id: interaction.id,
      application_id: world.application,
      type: kind,
      token: interaction.token,
      version: 1,
      guild_id: channel.guild_id,
      guild: { id: channel.guild_id, features: [], locale: 'en-US' },
      channel_id: channel.id,
      ...(this.whole ? { channel: channelBody(channel) } : {}),
      member: {
        ...person,
        permissions: String(person.permissions),
        deaf: false,
        mute: false,
        flags: 0,
        pending: false,
      },
      ...(message ? { message } : {}),
      data,
      locale: this.locale,
      guild_locale: 'en-US',
      app_permissions: '562949953421311',
      entitlements: [],
      authorizing_integration_owners: { 0: channel.guild_id },
      context: 0,
      attachment_size_limit: 10 * 1024 * 1024,
    });
    return interaction;
  }

  callback(
    id: string,
    token: string,
    body: { type: number; data?: Record<string, unknown> },
    _files: unknown,
  ): void {
    const found = this.all.find((i) => i.id === id && i.token === token);
    if (!found || Date.now() - found.began > this.patience)
      throw new Refusal(404, 10062, 'Unknown interaction');
    if (found.acknowledged !== null)
      throw new Refusal(400, 40060, 'Interaction has already been acknowledged.');
    found.acknowledged = body.type;
    if (body.type === 8) found.choices = body.data?.choices as Interaction['choices'];
    if (body.type === 4 || body.type === 5) {
      const flags = Number(body.data?.flags ?? 0);
      const message = { ...this.blank(found), flags: body.type === 5 ? flags | 128 : flags };
      Object.assign(message, { content: body.data?.content ?? '', components: body.data?.components ?? [] });
      found.answer = message;
    }
    if (body.type === 7) {
      found.answer = this.pressed.get(found.id) ?? null;
      Object.assign(found.answer ?? {}, { content: body.data?.content, components: body.data?.components });
    }
    if (body.type === 6) found.answer = this.pressed.get(found.id) ?? null;
  }

  /** Component interactions: the message that carries the component. */
  readonly pressed = new Map<string, Message>();

  original(token: string): Message {
    const found = this.all.find((i) => i.token === token);
    if (!found || found.expired) throw new Refusal(401, 50027, 'Invalid Webhook Token');
    if (!found.answer) throw new Refusal(404, 10008, 'Unknown Message');
    return found.answer;
  }

  edited(token: string): void {
    const found = this.all.find((i) => i.token === token);
    if (found?.answer) found.answer.flags &= ~128;
  }

  private blank({ channel }: Interaction): Message {
    const made = this.world.message(channel, this.world.bot);
    // Ephemeral: it stands in no channel.
    channel.messages.delete(made.id);
    return made;
  }
}
