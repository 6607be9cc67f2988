/**
 * Bolt as we use it: one workspace, our own client for calls, and one of two ways to be told. Over HTTP an
 * event is answered when its handler is done, so that Slack sends again what we could not keep. Over Socket
 * Mode Bolt answers first and the sweep makes votes safe; connections are renewed here, at once, because Bolt
 * waits 5 s and throws where nobody can catch it.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPModuleFunctions, HTTPReceiver, SocketModeReceiver, type webApi } from '@slack/bolt';
import { sleep } from '../../../src/chat/pace.js';
import { AcclaimError } from '../../../src/errors.js';
import { roomFor } from '../../../src/machine/descriptors.js';
import { safely } from '../../../src/machine/safely.js';
import { clientOptions } from './api.js';
import { appTokenInvalid, slackCode } from './errors.js';
import type { SlackOptions, Transport } from './options.js';

/** Bolt's own log is silent: what matters reaches us as errors. */
export const silent: webApi.Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => 'error' as webApi.LogLevel,
  setName: () => {},
};

export interface Line {
  app: App;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Where Slack may call us; null in Socket Mode. */
  url(): string | null;
  /** Null = events reach us. */
  trouble(): string | null;
}

export interface LineParts {
  options: SlackOptions;
  self: { user: string; bot: string };
  /** Events may have been missed. */
  onGap(): void;
  /** The connection is gone, or could not be made anew; and there again. */
  onLost(why: unknown): void;
  onBack(): void;
  /** It cannot be connected again. */
  onDead(error: unknown): void;
}

/** Not connected yet. */
export function makeLine(parts: LineParts): Line {
  const { transport } = parts.options;
  return transport.kind === 'http' ? httpLine(parts, transport) : socketLine(parts, transport);
}

function makeApp({ options, self }: LineParts, receiver: HTTPReceiver | SocketModeReceiver): App {
  return new App({
    token: options.token,
    botUserId: self.user,
    botId: self.bot,
    receiver,
    tokenVerificationEnabled: false,
    // Told apart in decode.ts: of our own messages we want to know that they were deleted.
    ignoreSelf: false,
    convoStore: false,
    logger: silent,
    clientOptions: clientOptions({ ...options, logger: silent }),
  });
}

/** ms */
const patience = 300;

/**
 * What is signed may come again within this, ms: Bolt refuses older stamps, and what is done once is
 * remembered for it.
 */
const replayMs = 5 * 60_000;

function httpLine(parts: LineParts, { signingSecret, host, port }: Transport & { kind: 'http' }): Line {
  const receiver = new HTTPReceiver({
    signingSecret,
    processBeforeResponse: true,
    logger: silent,
    // The one place where Bolt shows a request that it has no listeners for.
    customPropertiesExtractor({ rawBody, headers }) {
      if (isLimited(rawBody.toString('utf8'))) safely(parts.onGap, fault)();
      return { stamp: Number(headers['x-slack-request-timestamp']) * 1000 };
    },
    async processEventErrorHandler(args) {
      if (!isFromTheFuture(args.error)) return HTTPModuleFunctions.defaultProcessEventErrorHandler(args);
      args.response.writeHead(401).end();
      return false;
    },
  });
  const app = makeApp(parts, receiver);
  // A stamp that is ahead would be good for longer than what was done is remembered.
  app.use(async ({ context, next }) => {
    if (Number(context.stamp) > parts.options.now() + replayMs) throw fromTheFuture();
    await next();
  });
  const fault = (error: unknown) => parts.options.onError?.(error);
  let server: Server | null = null;
  return {
    app,
    async start() {
      server = await receiver.start({ host, port });
      // Bolt would stop to listen at the first connection that cannot be accepted.
      server.removeAllListeners('error');
      server.on('error', safely(fault, fault));
      const { platform } = roomFor();
      // Anybody may connect, though only Slack is listened to: what is not Slack's takes no descriptor that a
      // round needs.
      if (Number.isFinite(platform)) server.maxConnections = platform;
      server.on(
        'drop',
        safely(() => server?.closeIdleConnections(), fault),
      );
    },
    async stop() {
      const open = server;
      if (!open) return;
      server = null;
      // Who is being answered gets a moment; Slack keeps its connections open for longer than that.
      const impatient = setTimeout(
        safely(() => open.closeAllConnections(), fault),
        patience,
      );
      await receiver.stop();
      clearTimeout(impatient);
    },
    url() {
      const address = server?.address() as AddressInfo | null | undefined;
      return address ? `http://${host}:${address.port}/slack/events` : null;
    },
    trouble: () => (server?.listening ? null : 'not listening'),
  };
}

const fromTheFuture = () =>
  new AcclaimError(
    'not-allowed',
    'A request of Slack bears a time that is more than five minutes ahead.',
    "If all of them do, set this machine's clock.",
  );

function isFromTheFuture(error: unknown): boolean {
  const { original = error } = error as { original?: unknown };
  return original instanceof AcclaimError && original.message === fromTheFuture().message;
}

/** More than 30,000 events in an hour: Slack says so, and drops the rest of the minute. */
function isLimited(body: string): boolean {
  if (!body.includes('"app_rate_limited"')) return false;
  try {
    return (JSON.parse(body) as { type?: unknown }).type === 'app_rate_limited';
  } catch {
    return false;
  }
}

/** ms */
const reconnect = { first: 100, most: 30_000 };

function socketLine(parts: LineParts, { appToken }: Transport & { kind: 'socket' }): Line {
  const { options, onGap, onDead } = parts;
  const receiver = new SocketModeReceiver({
    appToken,
    logger: silent,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions({ ...options, logger: silent }) },
  });
  const app = makeApp(parts, receiver);
  const { client } = receiver;
  const fault = (error: unknown) => options.onError?.(error);
  let running = false;
  let connecting = false;
  // A connection that breaks shows as disconnected, once more for every attempt that fails.
  const again = async () => {
    if (connecting) return;
    connecting = true;
    if (running) parts.onLost(new Error('disconnected'));
    await untilConnected().finally(() => {
      connecting = false;
    });
  };
  const untilConnected = async () => {
    for (let wait = reconnect.first; running; wait = Math.min(wait * 2, reconnect.most)) {
      try {
        await client.start();
        parts.onBack();
        return onGap();
      } catch (error) {
        if (isRefusal(error)) return onDead(appTokenInvalid(error));
        if (running) parts.onLost(error);
        await sleep(wait);
      }
    }
  };
  return {
    app,
    async start() {
      try {
        await client.start();
      } catch (error) {
        throw isRefusal(error) ? appTokenInvalid(error) : error;
      }
      running = true;
      client.on('disconnected', safely(again, fault));
    },
    async stop() {
      if (!running) return;
      running = false;
      // Between two connections there is nothing that would tell of its end.
      await Promise.race([client.disconnect(), sleep(patience)]);
    },
    url: () => null,
    trouble: () => (running && !connecting ? null : 'not connected'),
  };
}

const refusals = [
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
];

function isRefusal(error: unknown): boolean {
  return refusals.includes(slackCode(error) ?? '');
}
