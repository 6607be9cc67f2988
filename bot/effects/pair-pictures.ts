/** Sheets of the pair row: what models of a session drew of the same noises, beside each other. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import { AcclaimError } from '../../src/errors.js';
import { pairSheet } from '../../src/images/pair-sheet.js';
import { decodePicture } from '../../src/images/png.js';
import { type PairStep, pairOfRound, pairSteps } from '../views/pair.js';
import { type StrengthCells, strengthCells } from '../views/strengths.js';
import type { DataPaths } from './data-paths.js';
import type { MadePictures } from './made-pictures.js';

/** Steps, and the absolute path of their sheet. */
export interface PairShown {
  steps: PairStep[];
  file: string;
}

export interface StrengthsShown {
  round: number;
  steps: StrengthCells[];
  file: string;
}

/** Of one data directory. */
export class PairPictures {
  constructor(
    private readonly paths: DataPaths,
    private readonly pictures: MadePictures,
  ) {}

  /** Of a closed round's card; null while there is nothing to compare. */
  ofRound(state: SessionState, round: Round): Promise<PairShown | null> {
    const steps = pairOfRound(this.steps(state), round);
    return this.shown(state, steps, steps);
  }

  /** Of a whole session; its sheet shows the first and the newest. */
  ofStory(state: SessionState): Promise<PairShown | null> {
    const steps = this.steps(state);
    return this.shown(state, steps, [...new Set([steps[0]!, steps.at(-1)!])]);
  }

  /**
   * What the newest model drew at other strengths; null until all of them are there, and once they are gone.
   */
  async strengths({ session }: SessionState): Promise<StrengthsShown | null> {
    const { strengths } = session;
    if (strengths?.state !== 'done' || strengths.steps.length === 0) return null;
    const folder = this.paths.strength(session.id, '..');
    const steps = strengthCells(session, strengths, folder);
    const all = steps.flatMap(({ cells }) => cells.flatMap(({ file }) => file ?? []));
    if (all.length === 0 || !all.every((file) => existsSync(file))) return null;
    const [marked, cell] = [steps.findIndex(({ strength }) => strength === 1), 160];
    const made = () =>
      Promise.all(steps.map(({ strength, cells }) => columnOf(String(strength), cells))).then((columns) =>
        pairSheet(columns, marked, cell),
      );
    const content = [strengths.at, steps];
    return {
      round: strengths.round,
      steps,
      file: await this.pictures.made(session.id, 'pair', content, made),
    };
  }

  /** Deletes the sheets of a session. */
  async forget(session: string): Promise<void> {
    const dir = dirname(this.paths.made(session, 'any'));
    for (const name of await readdir(dir).catch(() => []))
      if (name.startsWith('pair-')) await rm(join(dir, name), { force: true });
  }

  /** What retention took away is gone. */
  private steps({ session, rounds }: SessionState): PairStep[] {
    const steps = pairSteps(session, rounds, ({ number }) => this.paths.round(session.id, number));
    return steps.filter(({ cells }) => cells.every(({ file }) => file === null || existsSync(file)));
  }

  private async shown(
    { session }: SessionState,
    steps: PairStep[],
    columns: readonly PairStep[],
  ): Promise<PairShown | null> {
    if (steps.length < 2) return null;
    try {
      const file = await this.pictures.made(session.id, 'pair', columns, () => sheetOf(columns));
      return { steps, file };
    } catch (error) {
      // The card says what the round came to; without this it says so still.
      if (error instanceof AcclaimError && error.code === 'file-corrupt') return null;
      throw error;
    }
  }
}

async function sheetOf(columns: readonly PairStep[]): Promise<Buffer> {
  return pairSheet(await Promise.all(columns.map(({ after, cells }) => columnOf(String(after), cells))));
}

async function columnOf(label: string, cells: PairStep['cells']) {
  const pictures = cells.map(({ file }) => (file ? decodePicture(file) : null));
  return { label, pictures: await Promise.all(pictures) };
}
