/**
 * `acclaim key`: a new key with which bot and engines sign what they say to each other, as a line of `.env`.
 */
import { randomBytes } from 'node:crypto';
import { defineCommand } from './command.js';

/** As many as the signature's hash has. */
const BYTES = 32;

export const command = defineCommand(
  { args: [], options: {}, examples: ['key'] },
  async (_values, _args, io) => {
    io.out(`ACCLAIM_QUEUE_KEY=${randomBytes(BYTES).toString('hex')}\n`);
  },
);
