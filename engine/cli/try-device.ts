/**
 * A process of its own that tries one device, so that a driver that crashes takes nothing else along. One
 * line of JSON.
 */
import { tryDevice } from '../runtime/try-device.js';

process.stdout.write(`${JSON.stringify(await tryDevice(process.argv[2] ?? 'cpu'))}\n`);
