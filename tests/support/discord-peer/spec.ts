/**
 * Discord's published description of its API, as the package discord-api-spec has it: every request must be
 * one of its operations with a body that it allows, and what this peer answers must be what Discord would.
 * The schemas are evaluated in their strict form, in which an unknown field is an error too.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { projectPath } from '../../../src/files/paths.js';

type Schema = z.ZodMiniType;

const packaged = (name: string) =>
  readFileSync(projectPath('node_modules/discord-api-spec/build', name), 'utf8');

/** Method -> paths of the description. Read as text: the package's types are no module for this compiler. */
const pathsList: Record<string, string[]> = new Function(
  `${/^(const pathsList = \{[\s\S]*?^\};)/m.exec(packaged('discord-api-spec.js').replace(/^export /gm, ''))![1]}\nreturn pathsList;`,
)();

/** Name -> `XSchema = ...`, as the file declares them. */
const declared = new Map(
  packaged('discord-api-spec.zod.js')
    .split(/^export const /m)
    .flatMap((text): [string, string][] =>
      /^\w+Schema\b/.test(text) ? [[/^\w+/.exec(text)![0], text]] : [],
    ),
);

/** A schema and all that it names, evaluated with `z.object` or `z.strictObject` as the maker of objects. */
function evaluate(name: string, strict: boolean): Schema {
  const needed = new Set([`${name}Schema`]);
  for (const each of needed)
    for (const [other] of (declared.get(each) ?? missing(each)).matchAll(/\w+Schema\b/g)) needed.add(other);
  const body = [...declared].flatMap(([each, text]) => (needed.has(each) ? [`const ${text}`] : []));
  const zObject = strict ? z.strictObject : z.object;
  return new Function('z', 'zObject', `${body.join('\n')}\nreturn ${name}Schema;`)(z, zObject);
}

const wanted = (name: string): Schema => evaluate(name, true);
const answered = (name: string): Schema => evaluate(name, false);

function missing(name: string): never {
  throw new Error(`Discord's description has no ${name}`);
}

const digits = z.string().check(z.regex(/^\d+$/));
const limit = z.string().check(z.regex(/^([1-9]\d?|100)$/));
const none = z.strictObject({});

interface Operation {
  query?: Schema;
  request?: Schema;
  response?: Schema;
}

/** The operations we use; queries are transcribed from the description's types, which have no schema. */
const commandsQuery = z.strictObject({ with_localizations: z.optional(z.enum(['true', 'false'])) });

const operations: Record<string, Operation> = {
  'get /gateway/bot': { response: answered('GatewayBotResponse') },
  'get /users/@me': { response: answered('UserResponse') },
  'get /users/@me/guilds': {
    query: z.strictObject({
      before: z.optional(digits),
      after: z.optional(digits),
      limit: z.optional(digits),
    }),
  },
  'get /guilds/{guild_id}': {},
  'get /guilds/{guild_id}/channels': {},
  'get /guilds/{guild_id}/threads/active': {},
  'get /guilds/{guild_id}/members/{user_id}': {},
  'get /channels/{channel_id}': {},
  'get /channels/{channel_id}/thread-members/{user_id}': {},
  'patch /channels/{channel_id}': { request: wanted('UpdateThreadRequestPartial') },
  'get /channels/{channel_id}/messages': {
    query: z.strictObject({
      before: z.optional(digits),
      after: z.optional(digits),
      limit: z.optional(limit),
    }),
    response: z.array(answered('MessageResponse')),
  },
  'post /channels/{channel_id}/messages': {
    request: wanted('MessageCreateRequest'),
    response: answered('MessageResponse'),
  },
  'get /channels/{channel_id}/messages/{message_id}': { response: answered('MessageResponse') },
  'patch /channels/{channel_id}/messages/{message_id}': {
    request: wanted('MessageEditRequestPartial'),
    response: answered('MessageResponse'),
  },
  'delete /channels/{channel_id}/messages/{message_id}': {},
  'get /channels/{channel_id}/messages/pins': {
    query: z.strictObject({ before: z.optional(z.string()), limit: z.optional(limit) }),
    response: answered('PinnedMessagesResponse'),
  },
  'put /channels/{channel_id}/messages/pins/{message_id}': {},
  'get /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}': {
    query: z.strictObject({
      after: z.optional(digits),
      limit: z.optional(limit),
      type: z.optional(z.string().check(z.regex(/^[01]$/))),
    }),
    response: z.array(answered('UserResponse')),
  },
  'put /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me': {},
  'get /applications/{application_id}/commands': { query: commandsQuery },
  'put /applications/{application_id}/commands': {
    request: z.array(wanted('ApplicationCommandUpdateRequest')),
  },
  'get /applications/{application_id}/guilds/{guild_id}/commands': { query: commandsQuery },
  'put /applications/{application_id}/guilds/{guild_id}/commands': {
    request: z.array(wanted('ApplicationCommandUpdateRequest')),
  },
  'post /interactions/{interaction_id}/{interaction_token}/callback': {
    query: z.strictObject({ with_response: z.optional(z.string()) }),
    request: z.union([
      wanted('ApplicationCommandAutocompleteCallbackRequest'),
      wanted('CreateMessageInteractionCallbackRequest'),
      wanted('UpdateMessageInteractionCallbackRequest'),
    ]),
  },
  'patch /webhooks/{webhook_id}/{webhook_token}/messages/@original': {
    request: wanted('IncomingWebhookUpdateRequestPartial'),
    response: answered('MessageResponse'),
  },
};

export interface Found {
  operation: string;
  parameters: string[];
}

const patterns = Object.keys(operations).map((operation) => {
  const [method, path] = operation.split(' ') as [string, string];
  if (!pathsList[method]?.includes(path)) missing(operation);
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`);
  // Literal steps before parameters: `messages/pins` is no message.
  return { operation, method, pattern, literal: path.replace(/\{\w+\}/g, '').length };
});
patterns.sort((a, b) => b.literal - a.literal);

export function find(method: string, path: string): Found | undefined {
  for (const { operation, method: of, pattern } of patterns) {
    const match = method.toLowerCase() === of ? pattern.exec(path) : null;
    if (match) return { operation, parameters: match.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}

/** What the description has against a request; empty when it is fine. */
export function objections(operation: string, query: URLSearchParams, body: unknown): string[] {
  const { query: asked = none, request } = operations[operation]!;
  const said = [...told('query', asked, Object.fromEntries(query))];
  if (request) said.push(...told('body', request, body));
  else if (body !== undefined && JSON.stringify(body) !== '{}') said.push('body: none is taken');
  return said;
}

/** What the description has against an answer of this peer. */
export function slips(operation: string, answer: unknown): string[] {
  const { response } = operations[operation]!;
  return response ? told('answer', response, answer) : [];
}

function told(what: string, schema: Schema, value: unknown): string[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map((issue) =>
    `${what}.${issue.path.join('.')}: ${JSON.stringify(issue)}`.slice(0, 1500),
  );
}
