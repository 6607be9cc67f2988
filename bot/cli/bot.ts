/** `acclaim bot`: as `start`, without an engine of its own. */
import { startWith } from './start.js';

export const command = startWith(['bot', 'bot --port 9000 --data /mnt/acclaim'], 'redis');
