/**
 * The shape of the configuration. Values, units and effects are commented in config/default.yaml, which sets
 * every key; nothing has a second default in code but learners' parameters, which differ by model family
 * (config/models.yaml).
 */
import { z } from 'zod';
import { ballotKinds } from '../domain/state/rules.js';
import { isHostAndPort, isNetwork } from '../network/networks.js';
import { learnerSchema, samplerSchema } from '../queue/jobs.js';
import { languages } from '../words/tell.js';
import { paramFaults } from './learners.js';

const count = z.number().int().positive();
const share = z.number().min(0).max(1);
const days = z.number().min(0);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time of day such as 22:30');

/** What networks are computed in; `auto`: fp16 on a graphics device that computes it rightly. */
export const precisions = ['auto', 'fp32', 'fp16', 'int8'] as const;
export const deviceNames = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** Who may do more than vote, by the platform's own ids. */
const roles = z.strictObject({
  operators: z.array(z.string().min(1)),
  admins: z.array(z.string().min(1)),
  moderators: z.array(z.string().min(1)),
  adminsAreOperators: z.boolean(),
});
const api = z.url({ protocol: /^https?$/ }).nullable();
const secret = z.string().min(1).nullable();
const place = z.string().refine(isHostAndPort, 'is HOST or HOST:PORT, such as mirror.lan:8080');

/** Keys and values that the learner does not know, before its first round meets them. */
function checkParams({ name, ...given }: z.infer<typeof learnerSchema>, context: z.RefinementCtx): void {
  for (const { path, message } of paramFaults(name, given))
    context.addIssue({ code: 'custom', path, message });
}

export const configSchema = z.strictObject({
  dataDir: z.string().min(1),
  model: z.string().min(1),
  logLevel: z.enum(logLevels),
  server: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(0).max(65535),
    accessToken: z.string().min(16, 'needs at least 16 characters').nullable(),
    voters: z.enum(['invited', 'open']),
    trustProxy: z.array(
      z
        .string()
        .refine(isNetwork, 'is no address, no network such as 10.0.0.0/8, and not loopback or private'),
    ),
    hostNames: z.array(z.string().regex(/^[a-z0-9.-]+$/i, 'is no host name')),
    nsfwChannels: z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is a name such as after-dark')),
    nsfwToken: z.string().min(16, 'needs at least 16 characters').nullable(),
  }),
  servers: z.enum(['allowed', 'open']),
  discord: z.strictObject({
    token: secret,
    servers: z.array(z.string().regex(/^\d+$/)),
    ownServers: z.array(z.string().regex(/^\d+$/)),
    api,
    roles,
  }),
  slack: z
    .strictObject({
      botToken: secret,
      appToken: secret,
      signingSecret: secret,
      host: z.string().min(1),
      port: z.number().int().min(0).max(65535),
      ownWorkspaces: z.array(z.string().regex(/^[TE][A-Z0-9]+$/, 'is an id such as T0123ABCD')),
      api,
      roles,
    })
    .refine((s) => s.botToken === null || s.appToken !== null || s.signingSecret !== null, {
      path: ['botToken'],
      message: 'needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it',
    }),
  hub: z.strictObject({ url: z.url({ protocol: /^https?$/ }), token: secret, inside: z.array(place) }),
  engine: z.strictObject({
    devices: z.array(z.enum(deviceNames)).nonempty(),
    precision: z.enum(precisions),
    threads: z.number().int().min(0),
    memoryMb: count,
    runMb: count.nullable(),
    offerMb: count.nullable(),
    attempts: count.max(10),
    hungFactor: z.number().min(2).max(1000),
    hungSeconds: z.number().min(1).max(86_400),
    monitor: z.strictObject({
      host: z.string().min(1),
      port: z.number().int().min(0).max(65535).nullable(),
    }),
  }),
  queue: z.strictObject({
    redis: z.url({ protocol: /^rediss?$/, hostname: /.+/ }).nullable(),
    ca: z.string().min(1).nullable(),
    key: z.string().min(32, 'needs at least 32 characters').nullable(),
    prefix: z.string().regex(/^[a-z0-9-]+$/, 'is a name such as acclaim'),
    waiting: count,
    lostSeconds: z
      .number()
      .min(3, 'is at least 3: engines on a busy machine are silent for a while')
      .max(600),
    engine: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'is a name such as gpu-1')
      .nullable(),
  }),
  artifacts: z
    .strictObject({
      bucket: z.string().min(3).max(63).nullable(),
      endpoint: z.url({ protocol: /^https?$/ }).nullable(),
      region: z.string().min(1),
      prefix: z.string().regex(/^([\w.-]+(\/[\w.-]+)*)?$/, 'is a path such as acclaim or team/acclaim'),
      pathStyle: z.boolean(),
      accessKeyId: secret,
      secretAccessKey: secret,
      partMb: count.min(5, 'is at least 5: S3 takes no smaller parts').max(1024),
      cacheMb: count,
      keepDays: z.number().min(1).max(3650),
    })
    .refine((a) => (a.accessKeyId === null) === (a.secretAccessKey === null), {
      path: ['secretAccessKey'],
      message: 'goes with accessKeyId: set both, or none',
    }),
  session: z.strictObject({
    task: z.string().min(1).nullable(),
    language: z.enum(['auto', ...languages]),
    images: count.max(256),
    ballots: z.enum(ballotKinds),
    cells: count.max(9),
    rounds: count.max(1000).nullable(),
    goal: share.nullable(),
    goalRounds: count,
    goalJudged: share,
    attempts: count.max(10),
    review: z.boolean(),
    showHeld: z.boolean(),
    picks: z.enum(['on', 'off']),
    minutes: z.number().positive().max(100_000).nullable(),
    quietHours: z
      .strictObject({ from: clockTime, to: clockTime })
      .refine(({ from, to }) => from !== to, 'from and to are the same')
      .nullable(),
  }),
  budgets: z.strictObject({
    session: count.nullable(),
    channelDay: count.nullable(),
    serverDay: count.nullable(),
  }),
  prompts: z.strictObject({
    longest: count.max(2000),
    approval: z.boolean(),
    blocked: z.array(z.string().trim().min(2)),
    adult: z.array(z.string().trim().min(2)),
  }),
  votes: z.strictObject({
    quorum: count,
    quorumBy: z.enum(['auto', 'done', 'marks']),
    settleSeconds: z.number().min(0),
    deadlineMinutes: z.number().positive(),
    unmarkedWeight: share,
    flagsToHold: count,
    guards: z.strictObject({
      from: count,
      newcomerAccountDays: days,
      newcomerJoinedDays: days,
      newcomerRounds: z.number().int().min(0),
      newcomerShare: share,
      clusterSeconds: z.number().positive(),
      clusterPairs: count,
      clusterP: share,
      polarised: share,
      goodAbove: share,
      badBelow: share,
      minVotes: z.number().positive(),
      bestMargin: share,
      historyRounds: z.number().int().min(0),
      doubt: share,
      labelDoubt: share,
      trustShare: share,
    }),
  }),
  limits: z.strictObject({
    streams: z.strictObject({ all: count, person: count, address: count }),
    commands: z.strictObject({ person: count, stranger: count, address: count, strangers: count }),
    codes: z.strictObject({ person: count, address: count, strangers: count }),
    agreements: z.strictObject({ person: count, address: count, strangers: count }),
    marks: z.number().positive(),
    sessions: z.strictObject({ person: count, strangers: count, server: count }),
    asked: z.strictObject({ images: count.max(256), rounds: count.max(1000) }),
    moderators: count,
  }),
  retention: z.strictObject({
    tensorsDays: z.number().min(1).max(36500).nullable(),
    picturesDays: z.number().min(1).max(36500).nullable(),
    upgradeCopyDays: z.number().min(0).max(3650),
  }),
  privacy: z.strictObject({ purgeDays: z.number().min(0).max(3650) }),
  safety: z.strictObject({
    checker: z.string().min(1).nullable(),
    bound: z.number(),
    tries: z.number().int().min(0).max(20),
    prompts: z.string().min(1).nullable(),
    images: z.number().int().min(2).max(256),
  }),
  decoder: z.strictObject({ tiny: z.string().min(1).nullable(), rounds: z.boolean() }),
  adapters: z.array(z.string().min(1)).max(16),
  sampler: samplerSchema.omit({ stack: true }).strict().partial(),
  learner: learnerSchema.superRefine(checkParams),
});

export type Config = z.infer<typeof configSchema>;
