/**
 * One optimiser step: run the training graph over the step's micro-batches, add up loss and gradients, check
 * that they are finite, clip, move the adapter. The graph's losses are sums over weighted rows, so
 * micro-batches simply add.
 */

import { setImmediate } from 'node:timers/promises';
import { english, say, type Text } from '../../src/words/text.js';
import type { AdamState } from '../io/learner-state.js';
import type { TextFeeds } from '../models/prompt.js';
import type { Executor } from '../runtime/executor.js';
import {
  addScaled,
  asFloat,
  cloneTensors,
  globalNorm,
  type NamedTensors,
  names,
} from '../runtime/named-tensors.js';
import type { Tensor } from '../runtime/tensor.js';
import type { Optimiser } from './optimiser.js';

/** Thrown by the collapse guard's checks; caught by it, which tells people why. */
export class Unhealthy extends Error {
  constructor(readonly why: Text) {
    super(english(why));
  }
}

/** What training moves. */
export interface Moved {
  adapter: NamedTensors;
  optimiser: AdamState;
}

export interface StepResult {
  loss: number;
  /** Norm of the gradient before clipping. */
  norm: number;
}

/** An adapter under training: it and the optimiser's state move in place. */
export class Trainer {
  /** Loss of each step taken. */
  readonly losses: number[] = [];

  constructor(
    private readonly executor: Executor,
    readonly adapter: NamedTensors,
    readonly state: AdamState,
    private readonly optimiser: Optimiser,
    private readonly text: TextFeeds,
  ) {}

  /** The graph's outputs at the adapter as it stands. */
  run(batch: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    return this.executor.run({ ...this.adapter, ...this.text, ...batch });
  }

  async step(
    batches: readonly Record<string, Tensor>[],
    check: (outputs: Record<string, Tensor>, batch: number) => void = () => {},
  ): Promise<StepResult> {
    let loss = 0;
    let gradients: NamedTensors | undefined;
    for (const [i, batch] of batches.entries()) {
      const outputs = await this.run(batch);
      check(outputs, i);
      loss += asFloat(outputs.loss, 'loss').data[0]!;
      const more = this.gradients(outputs);
      if (gradients) addScaled(gradients, more);
      else gradients = batches.length > 1 ? cloneTensors(more) : more;
      // A run blocks its thread: let messages (cancel, progress) through between two.
      await setImmediate();
    }
    const norm = globalNorm(gradients!);
    if (!Number.isFinite(loss) || !Number.isFinite(norm))
      throw new Unhealthy(say('a gradient was not finite'));
    this.optimiser.update(this.adapter, gradients!, this.state);
    this.losses.push(loss);
    return { loss, norm };
  }

  private gradients(outputs: Record<string, Tensor>): NamedTensors {
    return Object.fromEntries(
      names(this.adapter).map((name) => [name, asFloat(outputs[`grad.${name}`], name)]),
    );
  }
}
