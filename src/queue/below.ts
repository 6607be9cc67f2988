/** What a result names is below the folder that the job was to write, whoever sends it. */
import { z } from 'zod';

export const below = z
  .string()
  .max(200)
  .regex(/^(?!.*\.\.)[\w-]+(\/[\w.-]+)*$/, 'is no path below its folder');
