/**
 * Models that operators fetch from the chat: in an engine process of their own, so that rounds go on
 * meanwhile. What is under way is held in memory only; a pull that a restart cut off is asked for again and
 * goes on from what is here.
 */
import { modelsFolder } from '../../src/config/pulled.js';
import { inSentences, toPlain } from '../../src/errors.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';
import { lines, say, sentences, type Text } from '../../src/words/text.js';
import type { SideEngine } from './side-engine.js';

export interface PullParts {
  engine: SideEngine;
  hub: JobPayload<'pull-model'>['hub'];
}

type State =
  | { kind: 'running'; progress: JobProgress | null }
  | { kind: 'done'; name: string; licence: string | null }
  | { kind: 'failed'; message: string };

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** One pull a model at a time. */
export class Pulls {
  private readonly states = new Map<string, State>();
  private asked = 0;

  constructor(private readonly parts: PullParts) {}

  /** Begins, or begins again, unless it is under way. Says where it stands. */
  ask(model: string): Text {
    if (this.states.get(model)?.kind !== 'running') this.begin(model);
    return lines([this.line(model), say('**/acclaim model list** tells how far it is.')]);
  }

  /** One line a pull since the start. */
  lines(): Text[] {
    return [...this.states.keys()].map((model) => this.line(model));
  }

  private begin(model: string): void {
    const { hub } = this.parts;
    const attempt = this.asked++;
    const payload: JobPayload<'pull-model'> = {
      session: 'pull',
      round: 0,
      attempt,
      seed: 0,
      model,
      revision: null,
      file: null,
      variant: 'fp16',
      models: modelsFolder(),
      // Whoever types in a channel names no folder of this machine.
      local: false,
      hub,
    };
    this.states.set(model, { kind: 'running', progress: null });
    this.parts.engine
      .queue()
      .run({ id: `pull.${attempt}.pull-model.0`, kind: 'pull-model', payload }, (progress) =>
        this.states.set(model, { kind: 'running', progress }),
      )
      .then(({ name, licence }) => this.states.set(model, { kind: 'done', name, licence }))
      .catch((error) => {
        this.states.set(model, { kind: 'failed', message: inSentences(toPlain(error)) });
      });
  }

  private line(model: string): Text {
    const state = this.states.get(model)!;
    const shown = withoutKeys(model);
    if (state.kind === 'failed')
      return say('**{shown}** could not be fetched: {why}', {
        shown,
        why: state.message.replaceAll(model, shown),
      });
    if (state.kind === 'done')
      return sentences(
        say('**{name}** is here.', { name: state.name }),
        state.licence === null
          ? say('Its card names no licence.')
          : say('Licence: {licence}.', { licence: state.licence }),
      );
    const { progress } = state;
    if (!progress || progress.total <= 1) return say('**{shown}** is being looked up.', { shown });
    const { done, total, secondsLeft } = progress;
    const far = say('**{shown}** is being fetched: {done} of {total}', {
      shown,
      done: megabytes(done),
      total: megabytes(total),
    });
    if (!secondsLeft) return say('{sentence}.', { sentence: far });
    return say('{far} ({rate}/s, about {minutes} min left).', {
      far,
      rate: megabytes((total - done) / secondsLeft),
      minutes: Math.ceil(secondsLeft / 60),
    });
  }
}

/**
 * Everyone may read where a pull stands: what an address holds to open it (a password, a signed query) is not
 * told.
 */
function withoutKeys(model: string): string {
  if (!/^https?:/.test(model) || !URL.canParse(model)) return model;
  const { origin, pathname } = new URL(model);
  return `${origin}${pathname}`;
}
