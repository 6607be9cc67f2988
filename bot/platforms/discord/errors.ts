/**
 * Discord's refusals -> coded errors with a mend. Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes.
 */
import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError, RateLimitError } from 'discord.js';
import { noMessage, type Refusal, refusal, tooLarge } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';

const gone: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is gone',
  mend: 'Start a session in another channel.',
};
const refused: Refusal = {
  code: 'channel-lost',
  cause: 'Discord does not let me do this in the channel',
  mend: 'Give the bot View Channel, Send Messages, Embed Links, Attach Files, Add Reactions and Read Message History there.',
};
const late: Refusal = { code: 'cancelled', cause: 'the answer came too late', mend: 'Ask again.' };

export const discordCodes = {
  unknownMessage: 10008,
  unknownInteraction: 10062,
  acknowledged: 40060,
  archivedThread: 50083,
} as const;

const rows: Record<number, Refusal> = {
  10003: gone,
  10004: { ...gone, cause: 'the server is gone, or I am no longer on it', mend: 'Invite the bot again.' },
  [discordCodes.unknownMessage]: noMessage,
  10014: { code: 'internal', cause: 'Discord does not know the emoji', mend: '' },
  10015: late,
  [discordCodes.unknownInteraction]: late,
  30010: {
    code: 'not-allowed',
    cause: 'the message has 20 kinds of reactions',
    mend: 'Remove some of them.',
  },
  40005: tooLarge('Discord'),
  50001: refused,
  50013: refused,
  50027: late,
  90001: { code: 'not-allowed', cause: 'my reactions are blocked here', mend: 'Unblock the bot.' },
  160002: refused,
};

export function translate(error: unknown): unknown {
  if (!(error instanceof DiscordAPIError)) return error;
  const row = rows[Number(error.code)];
  return row ? refusal(row, error) : error;
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
  return translate(error);
}

/** Close codes after which Discord takes no connection: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway. */
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
