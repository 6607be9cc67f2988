/** One thing that `acclaim doctor` looked at. */
import type { Config } from '../config/schema.js';
import type { ErrorCode } from '../errors.js';

export interface Check {
  name: string;
  /** `off`: does not work and need not (a device that is not configured). */
  state: 'ok' | 'warn' | 'fail' | 'off';
  /** What was found. */
  found: string;
  /** What to do about it; empty when nothing. */
  hint: string;
  code?: ErrorCode;
}

/** What the engine's half of the doctor is asked; `engine/cli/checks.ts` exports `checkEngine`. */
export interface EngineQuestion {
  /** Configured order. */
  devices: readonly string[];
  /** Where devices' verdicts are kept. */
  dataDir: string;
  /** Configured: what networks are computed in. */
  precision: Config['engine']['precision'];
  /** All that there are. */
  known: readonly string[];
  /** Folder of the configured model. */
  model: string;
  /** Configured: LoRAs that sessions are drawn with. */
  adapters?: readonly string[];
}
export type CheckEngine = (question: EngineQuestion) => Promise<Check[]>;

/** What the bot's half is asked; `bot/cli/checks.ts` exports `checkPlatforms`, and `slackManifest`. */
export type CheckPlatforms = (config: Config) => Promise<Check[]>;
export type SlackManifest = (url: string | null) => string;
