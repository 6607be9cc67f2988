/**
 * `acclaim simulate`: a whole session with simulated voters, through the very code that people's sessions run
 * on: the same decisions, store, queue and engine, on the in-memory platform. Ends with figures on noises
 * that no vote has seen.
 */
import { loadCrowd } from '../../src/config/crowds.js';
import { CrowdVoters } from './crowd/voters.js';
import { finalFigures } from './figures.js';
import type { SimulateOptions, SimulateResult } from './options.js';
import { CHANNEL, type Simulation, simulating } from './simulation.js';
import { Voters } from './voters.js';

export const simulateCommand = (options: SimulateOptions): Promise<SimulateResult> =>
  simulating(options, play);

async function play(simulation: Simulation) {
  const { options, platform, rounds } = simulation.parts;
  const { task, seed, flip, voters: count, reasons } = options;
  const crowd = options.crowd === undefined ? null : loadCrowd(options.crowd);
  const here = { platform, channel: CHANNEL, seed };
  const voters = crowd
    ? new CrowdVoters({ ...here, crowd, rounds })
    : new Voters({ ...here, count, flip, reasons });
  const { session } = await simulation.open();
  await voters.agree();
  const whole = simulation.played({ id: session.id, voters, goals: [task] });
  while (whole.rounds.length < rounds) {
    const line = await whole.playRound();
    if (line === null) break;
    simulation.say(`round ${whole.rounds.length} of ${rounds}: ${line}`, whole.rounds.length);
  }
  const final = await finalFigures(simulation.figuresOf(await whole.untilLearned(), 'figures'));
  const votes = whole.rounds.at(-1)?.votes ?? 0;
  return { votes, flip, ...(crowd && { crowd: crowd.name }), rounds: whole.rounds, final };
}
