/**
 * What a session is run by: what a person asks for, over the configuration of the host and under its policy
 * of prompts.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { PlatformName } from '../../src/chat/port.js';
import { mustSpareMinors, type PromptPolicy, promptPolicy } from '../../src/chat/prompt-policy.js';
import { clip } from '../../src/chat/text.js';
import { adaptersFor, plainChoice } from '../../src/config/choice.js';
import {
  checkLearnable,
  learnerSettings,
  modelFamily,
  resolveModel,
  samplerFor,
} from '../../src/config/models.js';
import { hostBudgets, sessionRules } from '../../src/config/rules.js';
import type { Config } from '../../src/config/schema.js';
import type { Budgets } from '../../src/domain/state/budgets.js';
import { page } from '../../src/domain/state/platforms.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { AcclaimError } from '../../src/errors.js';
import { promptReading } from '../../src/models/prompt-reading.js';
import { counted, say, type Text } from '../../src/words/text.js';
import type { NewSession, Plan } from '../sessions/sessions.js';
import type { StartRequest } from './requests.js';

/** The host's configuration as far as sessions are planned by it. */
export class Plans {
  /** What of people's words may be drawn, and be said back to them. */
  readonly policy: PromptPolicy;
  /** Model as configured: a name of the catalogue, or a folder. */
  readonly usualModel: string;
  /** As configured: a moderator looks first at what members ask for. */
  readonly approval: boolean;
  /** In which language messages in channels are; `auto`: as the platform says of the server. */
  readonly language: string;
  /** Rounds that may wait for engines before no session is opened any more. */
  readonly mostWaiting: number;
  /** Channels of the page where pictures that are NSFW may be shown. */
  readonly nsfwChannels: readonly string[];
  /** What this host lets be drawn. */
  readonly budgets: Budgets;

  constructor(private readonly config: Config) {
    this.policy = promptPolicy(config.prompts);
    this.usualModel = config.model;
    this.approval = config.prompts.approval;
    this.language = config.session.language;
    this.mostWaiting = config.queue.waiting;
    this.nsfwChannels = config.server.nsfwChannels;
    this.budgets = hostBudgets(config);
  }

  /** All that a new session is made of. Throws `usage`, `prompt-refused`, and what `plan` throws. */
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession {
    return specify(this.config, request, platform);
  }

  /** The part that does not depend on what is drawn. Throws `model-not-found` where the model is not here. */
  plan(request: Partial<StartRequest>, platform: PlatformName): Plan {
    return plan(this.config, request, platform);
  }

  /** What makes a quorum on a platform. */
  quorum(platform: PlatformName): Pick<Rules, 'quorum' | 'quorumBy'> {
    const { quorum, quorumBy } = sessionRules(this.config, platform);
    return { quorum, quorumBy };
  }
}

/** The configuration with what a person asked for over it. */
export function specify(
  config: Config,
  request: Partial<StartRequest>,
  platform: PlatformName = page,
): NewSession {
  const nsfw = request.nsfw ?? false;
  const policy = promptPolicy(config.prompts);
  const prompt = policy.allow(request.prompt ?? '', nsfw);
  if (!prompt) throw new AcclaimError('usage', say('a session needs a prompt'), say('Say what to draw.'));
  const title = policy.allow(request.title ?? '', nsfw);
  const negative = policy.allow(request.negative ?? '', nsfw);
  // People mark what is unsafe there, whatever else the picture should be.
  const criterion = nsfw ? '' : policy.allow(request.criterion ?? '', nsfw);
  mustSpareMinors({ prompt: `${title} ${prompt} ${criterion}`, negative }, nsfw);
  const planned = plan(config, request, platform);
  const prompts =
    request.prompts && severalPrompts(request.prompts, planned, (one) => policy.allow(one, nsfw));
  const reading = promptReading(resolveModel(planned.model), prompt);
  return {
    title: title || clip(prompts?.join(' | ') ?? prompt, 60),
    prompt,
    ...(prompts && { prompts }),
    ...(criterion && { criterion }),
    ...(reading && { reading }),
    negative,
    ...planned,
    width: null,
    height: null,
    seed: request.seed ?? randomInt(2 ** 32),
    nsfw,
  };
}

/** As the policy takes them. Errors: usage. */
function severalPrompts(
  asked: readonly string[],
  { learner }: Plan,
  allow: (one: string) => string,
): string[] {
  const prompts = asked.map(allow);
  for (const prompt of prompts) mustSpareMinors({ prompt }, true);
  const [least, most, longest] = [2, 8, 200];
  if (
    prompts.length < least ||
    prompts.length > most ||
    prompts.some((one) => one === '' || one.length > longest)
  )
    throw new AcclaimError(
      'usage',
      say('These prompts cannot be drawn in turn.'),
      say('Give {least} to {most} of them with | in between, each of {longest} characters at most.', {
        least,
        most,
        longest,
      }),
    );
  if (learner.name !== 'acclaim')
    throw new AcclaimError(
      'usage',
      say('The learner {name} learns of one prompt alone.', { name: learner.name }),
      say('Start it with one, or with the learner acclaim.'),
    );
  return prompts;
}

/** What a session is run by, whatever it draws. */
function plan(config: Config, request: Partial<StartRequest>, platform: PlatformName): Plan {
  const model = plainChoice(request.model ?? config.model);
  const path = resolveModel(model);
  const family = modelFamily(path);
  const learner = request.learner as Parameters<typeof learnerSettings>[2];
  const rules = sessionRules(config, platform);
  const learns = learnerSettings(config, family, learner);
  const sampler = samplerFor(
    { ...config, learner: learns },
    path,
    adaptersFor(config, request.model ?? config.model),
  );
  checkLearnable(sampler, learns);
  return {
    model,
    learner: learns,
    sampler,
    rules: {
      ...rules,
      learnMinutes: learns.minutes === undefined ? null : (learns.minutes as number),
      ballots: request.ballots ?? rules.ballots,
      ...(request.warmStart && { warmStart: true }),
      imagesPerRound: bounded(request.images, 2, 256, imagesOfRound) ?? rules.imagesPerRound,
      budgetRounds: bounded(request.rounds, 1, 1000, roundsOfSession) ?? rules.budgetRounds,
    },
  };
}

function bounded(
  value: number | undefined,
  least: number,
  most: number,
  no: (value: number) => Text,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value;
  throw new AcclaimError('usage', no(value), say('Choose {least} to {most}.', { least, most }));
}

const imagesOfRound = (value: number): Text =>
  say('A round cannot have {images}.', { images: counted(value, 'image') });
const roundsOfSession = (value: number): Text =>
  say('A session cannot have {rounds}.', { rounds: counted(value, 'round') });

/** `cat-3f9a`: words people can read, and enough chance to be nobody else's. */
export function newId(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  return `${words || 'session'}-${randomBytes(2).toString('hex')}`;
}
