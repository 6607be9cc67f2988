/** Name and version of this program, as package.json has them: what is written says by whom. */
import { readFileSync } from 'node:fs';
import { projectPath } from '../files/paths.js';

export const version = (): string => JSON.parse(readFileSync(projectPath('package.json'), 'utf8')).version;

/** `acclaim 0.1.0` */
export const software = (): string => `acclaim ${version()}`;
