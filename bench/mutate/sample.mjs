// Stryker asks a checker which mutants are worth a run: those that were drawn.
import { relative } from 'node:path';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import { lot } from './draw.mjs';

class Sample {
  static inject = tokens(commonTokens.options);
  constructor(options) {
    this.draw = options.draw;
  }
  async init() {}
  async check(mutants) {
    const { seed, share, root } = this.draw;
    const drawn = ({ fileName, location, mutatorName, replacement }) => {
      const { line, column } = location.start;
      const file = relative(root, fileName);
      return lot(seed, { file, line: line + 1, column: column + 1, mutatorName, replacement }) < share;
    };
    const answer = (mutant) =>
      drawn(mutant) ? { status: 'passed' } : { status: 'compileError', reason: 'not drawn' };
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, answer(mutant)]));
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', Sample)];
