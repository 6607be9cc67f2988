/**
 * The estimate of a job's memory: what it is told by, and that it covers what the miniature was measured to
 * take.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectPath } from '../../src/files/paths.js';
import { estimateMb } from '../../src/models/job-memory.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-memory-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A folder with nothing but what a family is told by. */
function model(name: string, crossAttention: number): string {
  const folder = join(dir, name);
  mkdirSync(join(folder, 'unet'), { recursive: true });
  const config = { cross_attention_dim: crossAttention, block_out_channels: [320, 1280] };
  writeFileSync(join(folder, 'unet/config.json'), JSON.stringify(config));
  return folder;
}
const own = { width: null, height: null, count: 18, learner: { name: 'acclaim' } };

describe('the estimate', () => {
  it('is about what the engine of the miniature takes (with its bot 657 MB at most)', () => {
    for (const kind of ['generate', 'learn'] as const) {
      const mb = estimateMb(kind, { ...own, model: projectPath('models/mini') });
      expect(mb).toBeGreaterThan(350);
      expect(mb).toBeLessThan(700);
    }
  });

  it('counts weights in float32: 1.07 and 3.47 thousand million parameters of four bytes', () => {
    for (const [name, width, parameters] of [
      ['sd15', 768, 1.067e9],
      ['sdxl', 2048, 3.469e9],
    ] as const) {
      const least = (parameters * 4) / 1e6;
      const mb = estimateMb('generate', { ...own, count: 1, model: model(name, width) });
      expect(mb).toBeGreaterThan(least);
      expect(mb).toBeLessThan(2.5 * least);
    }
  });

  it('is the least that does: one picture, one row, tiles', () => {
    const path = model('sd', 768);
    const of = (kind: 'generate' | 'learn', more: object = {}) =>
      estimateMb(kind, { ...own, model: path, ...more });
    const large = { width: 1024, height: 1024 };
    expect(of('generate', { count: 64 })).toBe(of('generate', { count: 1 }));
    expect(of('learn', { learner: { name: 'acclaim', microBatch: 16 } })).toBe(of('learn'));
    expect(of('generate', large)).toBeGreaterThan(of('generate'));
    // Four times a row of 3000 MB.
    expect(of('learn', large)).toBe(250 + 4300 + 4 * 3000);
  });

  it('sends large pictures of the miniature to machines that draw them', () => {
    const large = { ...own, model: projectPath('models/mini'), width: 1024, height: 1024 };
    expect(estimateMb('generate', large)).toBeLessThan(4000);
    expect(estimateMb('learn', large)).toBeLessThan(8000);
  });

  it('says little of what it cannot read: the engine will say what is wrong', () => {
    expect(estimateMb('score', { judge: '/nowhere' })).toBe(250);
    expect(estimateMb('generate', { ...own, model: '/nowhere' })).toBeGreaterThan(4300);
  });
});
