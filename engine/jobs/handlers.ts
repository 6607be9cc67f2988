/** The engine's jobs: kind -> handler, total by kind. What fetches models is loaded when one is asked for. */
import type { Handlers } from '../worker.js';
import type { EngineContext } from './context.js';
import { evaluate } from './evaluate.js';
import { exportAdapter } from './export-adapter.js';
import { generate } from './generate.js';
import { learn } from './learn.js';
import { measure } from './measure.js';
import { score } from './score.js';

/** All of them share `engine`: one job runs at a time. */
export function createHandlers(engine: EngineContext): Handlers {
  return {
    generate: (payload, context) => generate(engine, payload, context),
    learn: (payload, context) => learn(engine, payload, context),
    score: (payload, context) => score(engine, payload, context),
    measure: (payload, context) => measure(engine, payload, context),
    evaluate: (payload, context) => evaluate(engine, payload, context),
    'export-adapter': (payload, context) => exportAdapter(payload, context),
    'pull-model': async (payload, context) => {
      const { pullModel } = await import('./pull-model.js');
      return pullModel(payload, context);
    },
  };
}
