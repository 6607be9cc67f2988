/**
 * Tasks: a prompt and what makes a picture of it good, one file each in config/tasks/. The name is the
 * file's. Files from before it was called the criterion say `goal`.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { checked, readYaml, yamlNames } from './files.js';

const taskSchema = z.strictObject({
  prompt: z.string().min(1),
  negative: z.string(),
  criterion: z.string().min(1),
});

const readable = z.preprocess((given) => {
  if (typeof given !== 'object' || given === null || !('goal' in given) || 'criterion' in given) return given;
  const { goal, ...rest } = given;
  return { ...rest, criterion: goal };
}, taskSchema);

export interface Task extends z.infer<typeof taskSchema> {
  name: string;
}

const folder = 'config/tasks';

/** Names of the tasks in config/tasks, sorted. */
export function taskNames(): string[] {
  return yamlNames(projectPath(folder));
}

/** A task by its name. Errors: config-invalid, which names those that there are. */
export function loadTask(name: string): Task {
  const file = projectPath(folder, `${name}.yaml`);
  if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
    throw new AcclaimError(
      'config-invalid',
      `there is no task "${name}"`,
      `Tasks: ${taskNames().join(', ')}.`,
    );
  }
  return { name, ...checked(readable, readYaml(file), file, 'A task has prompt, negative and criterion.') };
}
