/**
 * The shape of the configuration. Values, units and effects are commented in config/default.yaml, which sets every
 * key; nothing has a second default in code. Learner parameters are checked by the learners themselves.
 */
import { z } from 'zod';
import { learnerSchema, samplerSchema } from '../queue/jobs.js';

const count = z.number().int().positive();
const share = z.number().min(0).max(1);

export const deviceNames = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export const configSchema = z.strictObject({
  dataDir: z.string().min(1),
  model: z.string().min(1),
  logLevel: z.enum(logLevels),
  server: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(0).max(65535),
    accessToken: z.string().min(16, 'needs at least 16 characters').nullable(),
  }),
  engine: z.strictObject({
    devices: z.array(z.enum(deviceNames)).nonempty(),
    threads: z.number().int().min(0),
    memoryMb: count,
    attempts: count.max(10),
  }),
  session: z.strictObject({
    task: z.string().min(1).nullable(),
    images: count.max(256),
    cells: count.max(9),
    rounds: count.max(1000),
    goal: share,
    goalRounds: count,
  }),
  votes: z.strictObject({
    quorum: count,
    settleSeconds: z.number().min(0),
    deadlineMinutes: z.number().positive(),
    extensions: z.number().int().min(0),
    unmarkedWeight: share,
    guardedFrom: count,
  }),
  sampler: samplerSchema.partial(),
  learner: learnerSchema,
});

export type Config = z.infer<typeof configSchema>;
