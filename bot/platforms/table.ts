/** The platforms that are connected beside the page, in the order in which they are named; total by type. */
import type { RemotePlatformName } from '../../src/domain/state/platforms.js';
import { discord } from './discord/connect.js';
import type { Connector } from './remote/connector.js';
import { slack } from './slack/connect.js';

export const connectors: Readonly<Record<RemotePlatformName, Connector>> = { discord, slack };
