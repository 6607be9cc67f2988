/**
 * Commands, buttons, menus and completion. Discord waits 3 s, so everything is acknowledged before anything
 * is done; what could not be acknowledged is not done, because its asker was told that it failed. Answers
 * edit the acknowledgement, only its asker sees them, and they can be given for 15 minutes.
 */
import {
  InteractionResponseType as Answer,
  type APIApplicationCommandAutocompleteInteraction,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  ApplicationCommandType,
  ComponentType,
  InteractionType as Kind,
  MessageFlags,
} from 'discord.js';
import { asksForCell } from '../../../src/chat/cards.js';
import { faultChoices } from '../../../src/chat/fault-words.js';
import type { Account, ChatEvent, MessageRef, ToldCard } from '../../../src/chat/port.js';
import { reasonFor } from '../../../src/chat/words.js';
import { AcclaimError } from '../../../src/errors.js';
import { languageOf, tell, told } from '../../../src/words/tell.js';
import type { Text } from '../../../src/words/text.js';
import type { DiscordApi } from './api.js';
import { chosen, commandText } from './commands.js';
import { completions } from './complete.js';
import { discordCodes, isCode } from './errors.js';
import { customId, markOf, parseCustomId } from './mark.js';
import type { DiscordOptions } from './options.js';
import { accountOfMember, type Member } from './people.js';
import { loadFiles, loadPictures, renderReply, whisper, withPictures } from './render.js';
import { words } from './words.js';
import type { Writer } from './written.js';

interface Open {
  token: string;
  until: number;
  answered: boolean;
  channel: string;
  /** Of whoever is answered. */
  language: string | undefined;
}

export interface InteractionParts {
  api: Pick<DiscordApi, 'answer' | 'editAnswer'>;
  options: DiscordOptions;
  /** Life of a token, ms. */
  life: number;
  application(): string;
  sink(event: ChatEvent): Promise<void>;
  /** Throws where pictures that are NSFW may not be shown. */
  guard(channel: string): Promise<void>;
  writer: Writer;
}

/** Commands, presses, menus and what is being typed, and the answers to them. */
export class Interactions {
  /** Answers that may still be given; nothing of a session hangs on them. */
  private readonly open = new Map<string, Open>();

  constructor(private readonly parts: InteractionParts) {}

  async receive(interaction: APIInteraction): Promise<void> {
    const member = interaction.member as (Member & { user: { id: string } }) | undefined;
    const channel = channelOf(interaction);
    if (interaction.type === Kind.Ping) return;
    if (!member || channel === undefined) {
      if (interaction.type !== Kind.ApplicationCommandAutocomplete)
        await this.whisper(interaction, words.serversOnly);
      return;
    }
    const { roles } = this.parts.options;
    const { guild_id: server } = interaction;
    const language = localeOf(interaction);
    const account = {
      ...accountOfMember(member.user.id, member, member.permissions ?? null, roles, server),
      ...(language !== undefined && { language }),
    };
    if (interaction.type === Kind.ApplicationCommand) {
      if (interaction.data.type !== ApplicationCommandType.ChatInput) return;
      return this.command(interaction as APIChatInputApplicationCommandInteraction, account, channel);
    }
    if (interaction.type === Kind.ApplicationCommandAutocomplete)
      return this.complete(interaction, account, channel);
    if (interaction.type === Kind.MessageComponent) return this.component(interaction, account, channel);
  }

  /** Quiet when nobody can be answered any more. */
  async reply(replyTo: string, card: ToldCard): Promise<void> {
    const open = this.open.get(replyTo);
    if (!open || open.until < this.parts.options.now()) return;
    open.answered = true;
    const { body, files } = await this.withPictures(this.parts.writer.card(card), open.channel);
    try {
      await this.parts.api.editAnswer(this.parts.application(), open.token, body, files);
    } catch (error) {
      if (!(error instanceof AcclaimError && error.code === 'cancelled')) throw error;
    }
  }

  /** Pictures go along as attachments; those that are NSFW only where they may be shown, looked at anew. */
  private async withPictures(card: ToldCard, channel: string): Promise<ReturnType<typeof renderReply>> {
    const answer = renderReply(card, await loadFiles(card));
    if (card.pictures.length === 0) return answer;
    if (card.pictures.some(({ spoiler }) => spoiler)) await this.parts.guard(channel);
    const pictures = await loadPictures(card, markOf(channel, card.key));
    return withPictures(answer.body, pictures, new Map(), answer.files);
  }

  private async command(
    interaction: APIChatInputApplicationCommandInteraction,
    account: Account,
    channel: string,
  ): Promise<void> {
    const found = chosen(this.parts.options.commands, interaction.data.options);
    if (!found) return this.whisper(interaction, words.staleCommand);
    await this.acknowledge(interaction, deferred);
    const text = commandText(found);
    await this.carry(interaction.id, { kind: 'command', channel, account, text, ...this.stamp(interaction) });
  }

  private async complete(
    interaction: APIApplicationCommandAutocompleteInteraction,
    account: Account,
    channel: string,
  ): Promise<void> {
    const found = chosen(this.parts.options.commands, interaction.data.options);
    const choices = found ? await completions(found, this.parts.options, account, channel) : [];
    const data = { choices: choices.map((value) => ({ name: String(value), value })) };
    await this.parts.api.answer(interaction.id, interaction.token, {
      type: Answer.ApplicationCommandAutocompleteResult,
      data,
    });
  }

  private async component(
    interaction: APIMessageComponentInteraction,
    account: Account,
    channel: string,
  ): Promise<void> {
    const id = parseCustomId(interaction.data.custom_id);
    if (!id) return this.whisper(interaction, words.staleButton);
    const ref: MessageRef = { platform: 'discord', channel, message: interaction.message.id };
    const { button, extra, mark } = id;
    const cells = extra.split(',');
    if (asksForCell(button) && cells.length > 1) return this.pick(interaction, mark, button, cells);
    if (button === 'why')
      return this.offer(interaction, Answer.ChannelMessageWithSource, this.faults(mark, ref.message, extra));
    if (button === 'pick-why' && interaction.data.component_type === ComponentType.StringSelect)
      return this.offer(
        interaction,
        Answer.UpdateMessage,
        this.faults(mark, extra, interaction.data.values[0] ?? ''),
      );
    if (button === 'consent' || button === 'withdraw') {
      await this.acknowledge(interaction, deferred);
      const given = button === 'consent';
      const { at } = this.stamp(interaction);
      const said = given ? words.consented : words.withdrawn;
      return this.carry(interaction.id, { kind: 'consent', channel, account, given, at }, said);
    }
    if (button in chosenFor && interaction.data.component_type === ComponentType.StringSelect) {
      // The menu's own message is replaced by the answer.
      await this.acknowledge(interaction, inPlace);
      const { values } = interaction.data;
      const [message, cell] = extra.split(',') as [string, string?];
      const value = cell === undefined ? (values[0] ?? null) : [cell, ...onlyNothing(values)].join(' ');
      return this.carry(interaction.id, {
        kind: 'button',
        ref: { ...ref, message },
        account,
        button: chosenFor[button]!,
        value,
        ...this.stamp(interaction),
      });
    }
    await this.acknowledge(interaction, isPrivate(interaction) ? inPlace : deferred);
    const value = extra === '' ? null : extra;
    await this.carry(interaction.id, {
      kind: 'button',
      ref,
      account,
      button,
      value,
      ...this.stamp(interaction),
    });
  }

  /** A menu of the pictures on the ballot whose button was pressed. */
  private async pick(
    interaction: APIMessageComponentInteraction,
    mark: string,
    button: string,
    cells: readonly string[],
  ): Promise<void> {
    const menu = {
      type: ComponentType.StringSelect,
      custom_id: customId(mark, `pick-${button}`, interaction.message.id),
      placeholder: words.pickPlaceholder,
      min_values: 1,
      max_values: 1,
      options: cells.slice(0, 25).map((cell) => ({ label: cell, value: cell })),
    };
    const text = askedFor[button] ?? words.pickCell;
    return this.offer(interaction, Answer.ChannelMessageWithSource, { text, menu });
  }

  /** The menu of what may be wrong with a picture; two things may be said at once. */
  private faults(mark: string, message: string, cell: string): Offer {
    const options = faultChoices.map((one) => ({ ...one }));
    const menu = {
      type: ComponentType.StringSelect,
      custom_id: customId(mark, 'say-why', `${message},${cell}`),
      placeholder: words.faultPlaceholder,
      min_values: 1,
      max_values: 2,
      options,
    };
    return { text: words.whatIsWrong(cell), menu };
  }

  /** `as`: a private message of its own, or in the place of the one that carried the menu before. */
  private async offer(
    interaction: APIInteraction,
    as: Answer.ChannelMessageWithSource | Answer.UpdateMessage,
    { text, menu }: Offer,
  ): Promise<void> {
    const language = localeOf(interaction);
    const data = {
      ...whisper(this.parts.writer.text(tell(text, language))),
      flags: MessageFlags.Ephemeral,
      components: [{ type: ComponentType.ActionRow, components: [told(menu, language)] }],
    };
    await this.parts.api.answer(interaction.id, interaction.token, { type: as, data });
  }

  private async whisper(interaction: APIInteraction, text: Text): Promise<void> {
    const said = this.parts.writer.text(tell(text, localeOf(interaction)));
    const data = { ...whisper(said), flags: MessageFlags.Ephemeral };
    await this.parts.api.answer(interaction.id, interaction.token, {
      type: Answer.ChannelMessageWithSource,
      data,
    });
  }

  private async acknowledge(interaction: APIInteraction, body: unknown): Promise<void> {
    try {
      await this.parts.api.answer(interaction.id, interaction.token, body);
    } catch (error) {
      // A retry of an acknowledgement that had arrived after all.
      if (!isCode(error, discordCodes.acknowledged)) throw error;
    }
    const now = this.parts.options.now();
    for (const [id, { until }] of this.open) if (until < now) this.open.delete(id);
    this.open.set(interaction.id, {
      token: interaction.token,
      until: now + this.parts.life,
      answered: false,
      channel: channelOf(interaction) ?? '',
      language: localeOf(interaction),
    });
  }

  /** Hands the event on; whoever asked always gets an answer, `otherwise` when nobody else gave one. */
  private async carry(id: string, event: ChatEvent, otherwise: Text = words.done): Promise<void> {
    try {
      await this.parts.sink(event);
      if (!this.open.get(id)?.answered) await this.say(id, otherwise);
    } catch (error) {
      const reason = reasonFor(error);
      await this.say(id, reason ?? words.failed).catch(() => {});
      if (reason === undefined) throw error;
    }
  }

  private async say(id: string, text: Text): Promise<void> {
    const said = tell(text, this.open.get(id)?.language);
    const none = { pictures: [], reactions: [], buttons: [], progress: null };
    await this.reply(id, { kind: 'reply', key: id, title: '', text: said, ...none });
  }

  private stamp(interaction: APIInteraction): { at: number; replyTo: string } {
    return { at: this.parts.options.now(), replyTo: interaction.id };
  }
}

/** In which they use Discord, where we speak it. */
function localeOf(interaction: APIInteraction): string | undefined {
  return 'locale' in interaction ? languageOf(interaction.locale) : undefined;
}

/** The channel itself may be left out, where it is not known to Discord's gateway. */
function channelOf({ channel, channel_id }: APIInteraction): string | undefined {
  return channel?.id ?? channel_id;
}

/** A menu, and what is said above it. */
interface Offer {
  text: Text;
  menu: object;
}

/** What is said above the menu of pictures that a button brings. */
const askedFor: Readonly<Record<string, Text>> = { why: words.pickFaulty, best: words.pickBest };

/** Menu -> the button that it stands for. */
const chosenFor: Readonly<Record<string, string>> = {
  'pick-flag': 'flag',
  'pick-best': 'best',
  'say-why': 'why',
};

/** Whoever takes something back says nothing else. */
const onlyNothing = (values: readonly string[]): readonly string[] =>
  values.includes('nothing') ? ['nothing'] : values;

/** Only its presser sees the message, so the answer takes its place. */
const isPrivate = ({ message }: APIMessageComponentInteraction): boolean =>
  ((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0;

const inPlace = { type: Answer.DeferredMessageUpdate };
const deferred = {
  type: Answer.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
};
