/**
 * What Discord says -> coded errors with a hint. Final is what it says in so many words: a code of its own
 * with a status of 4xx, unless the code itself speaks of a limit or of a fault on its side. Everything else
 * passes: the network, 5xx, 429, answers of somebody in between (which carry no code). Codes and what they
 * mean: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes
 */
import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError, RateLimitError } from 'discord.js';
import { noMessage, type Refusal, refusal, tooLarge, unreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';

const gone: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is gone',
  hint: 'Start a session in another channel.',
};
const refused: Refusal = {
  code: 'channel-lost',
  cause: 'Discord does not let me do this in the channel',
  hint: 'Give the bot View Channel, Send Messages, Embed Links, Attach Files, Add Reactions and Read Message History there.',
};
export const lockedThread: Refusal = {
  code: 'channel-lost',
  cause: 'the thread is locked or archived',
  hint: 'Unlock it, or give the bot Manage Threads there.',
};
const wrongKind: Refusal = { ...refused, cause: 'no message can be sent to a channel of this kind' };
const late: Refusal = { code: 'cancelled', cause: 'the answer came too late', hint: 'Ask again.' };

export const discordCodes = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownInteraction: 10062,
  acknowledged: 40060,
  archivedThread: 50083,
  lockedThread: 160005,
} as const;

const rows: Record<number, Refusal> = {
  [discordCodes.unknownChannel]: gone,
  10004: { ...gone, cause: 'the server is gone, or I am no longer on it', hint: 'Invite the bot again.' },
  [discordCodes.unknownMessage]: noMessage,
  10014: { code: 'internal', cause: 'Discord does not know the emoji', hint: '' },
  10015: late,
  [discordCodes.unknownInteraction]: late,
  30010: {
    code: 'not-allowed',
    cause: 'the message has 20 kinds of reactions',
    hint: 'Remove some of them.',
  },
  40005: tooLarge('discord'),
  50001: refused,
  50008: wrongKind,
  50013: refused,
  50024: wrongKind,
  50027: late,
  50045: tooLarge('discord'),
  50055: { ...gone, cause: 'the server is gone, or I am no longer on it', hint: 'Invite the bot again.' },
  [discordCodes.archivedThread]: lockedThread,
  90001: { code: 'not-allowed', cause: 'my reactions are blocked here', hint: 'Unblock the bot.' },
  160002: refused,
  [discordCodes.lockedThread]: lockedThread,
};

/** Codes that come with a status of 4xx and pass all the same. */
const passing: ReadonlySet<number> = new Set([
  // Slowmode, edits of announcements, writes in the channel and on the server, old messages' edits, the
  // service itself.
  20016, 20022, 20028, 20029, 30046, 40062,
  // Sending, or the feature, is turned off for the moment; its search or itself is not ready; Cloudflare is
  // in between.
  40004, 40006, 40333, 110001, 130000,
]);

/** Statuses by which a server says that the same request may be taken later. */
const later: ReadonlySet<number> = new Set([401, 408, 409, 423, 425, 429]);

/** Whatever a call threw -> an AcclaimError, unless it is one. */
export function translate(error: unknown): unknown {
  if (error instanceof AcclaimError) return error;
  const code = error instanceof DiscordAPIError ? codeOf(error) : null;
  if (code === null || !(error instanceof DiscordAPIError)) return away(error);
  const row = rows[code];
  if (row) return refusal(row, error);
  if (passing.has(code) || error.status >= 500 || later.has(error.status)) return away(error);
  // A code that says that we may not, or that something is not there, is said of the channel's things.
  if (error.status === 403 && code > 0) return refusal(refused, error);
  const told = `Discord does not take this: ${error.message} (${code})`;
  return new AcclaimError('platform-refused', told, '', { cause: error });
}

const away = (error: unknown) => unreachable('discord', error);

/** Null for an answer of somebody in between: it is of no number. */
function codeOf({ code }: DiscordAPIError): number | null {
  return /^\d+$/.test(String(code)) ? Number(code) : null;
}

/** True for Discord's error of that number, bare or translated. */
export function isCode(error: unknown, code: number): boolean {
  const bare = error instanceof AcclaimError ? error.cause : error;
  return bare instanceof DiscordAPIError && Number(bare.code) === code;
}

/** Our own token was refused; answers to interactions carry a token of their own and are not meant. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.status === 401 && Number(error.code) !== 50027;
}

/** Discord said no, whatever it said. */
export const isAnswer = (error: unknown): boolean =>
  error instanceof DiscordAPIError || error instanceof HTTPError || error instanceof RateLimitError;

/** discord.js dropped the token after somebody's 401 and now sends nothing at all. */
export function isTokenless(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Expected token to be set');
}

/** The bot's token is dead: nothing goes on without a new one. */
export function tokenInvalid(cause?: unknown): AcclaimError {
  return new AcclaimError(
    'token-invalid',
    'Discord refuses the bot token',
    'Make a new one under Bot in the Discord developer portal, set it as DISCORD_TOKEN and start again.',
    { cause },
  );
}

/** Why a login failed. */
export function loginError(error: unknown): unknown {
  if (isUnauthorized(error)) return tokenInvalid(error);
  if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid)
    return tokenInvalid(error);
  // What discord.js itself objects to is a fault of ours; what the network says passes.
  return error instanceof DiscordjsError ? error : translate(error);
}

/**
 * Close codes after which Discord takes no connection:
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway.
 */
export function closeError(code: number): AcclaimError {
  if (code === 4004) return tokenInvalid();
  if (code === 4013 || code === 4014)
    return new AcclaimError(
      'token-invalid',
      'Discord does not grant the bot its intents',
      'The bot needs Guilds, Guild Messages and Guild Message Reactions, which every bot may use: check the application.',
    );
  return new AcclaimError(
    'token-invalid',
    `Discord closed the connection for good (${code})`,
    'Start again; when it repeats, look at the application in the Discord developer portal.',
  );
}
