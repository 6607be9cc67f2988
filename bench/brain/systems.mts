// Does what related systems propose help the vote model? Each is turned off and on in sessions that are told
// apart by their seed only, over pictures of the base model that bench/brain/votes.mts has drawn, with the
// judge as the voter. Usage: npm run bench -- brain/systems [--tasks hazard,cat] [--seeds 31,32] [--sessions
// 10] [--pictures DIR] [--out DIR] [--only 'NAME;NAME']
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { Rng } from '../../src/rng.js';
import { markdown, mean, standardError } from '../lib/table.mjs';
import { base, faulty, type Seen } from './pictures.mjs';
import type { Figures, System } from './played.mjs';
import { defaults, systems } from './sessions.mjs';

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'hazard,rose,hand' },
    seeds: { type: 'string', default: '31,32,33,34,35' },
    sessions: { type: 'string', default: '10' },
    pictures: { type: 'string', default: projectPath('bench/out/brain') },
    out: { type: 'string', default: projectPath('bench/out/brain') },
    only: { type: 'string', default: Object.keys(systems).join(';') },
  },
});
const dir = resolve(options.pictures);
const seeds = options.seeds.split(',').map(Number);
const tasks = options.tasks.split(',');

type Side = 'off' | 'on';
interface Row {
  name: string;
  task: string;
  figure: string;
  off: number;
  on: number;
  gain: number;
  error: number;
}

/** The means of a seed's sessions: figure -> { off, on }. */
function seedOf(system: System, pictures: readonly Seen[], seed: number): Figures {
  const runs: Figures[] = [];
  for (let at = 0; runs.length < Number(options.sessions) && at < 200; at++) {
    const rng = new Rng(seed, at, 'systems');
    // A session's first pictures are its seed's own; those that nobody votes on are of all.
    const own = rng.shuffle(pictures.filter((picture) => picture.seed === seed));
    const run = system(
      [...own, ...rng.shuffle(pictures.filter((picture) => picture.seed !== seed))],
      () => new Rng(seed, at, 'model'),
      rng,
    );
    if (run) runs.push(run);
  }
  return Object.fromEntries(
    Object.keys(runs[0] ?? {}).map((name) => {
      const of = (side: Side) => mean(runs.map((run) => run[name]![side]));
      return [name, { off: of('off'), on: of('on') }];
    }),
  );
}

/** What a system has to know of pictures beside what all have. */
const sources: Partial<Record<string, typeof faulty>> = { reasons: faulty };

const figures: Row[] = [];
for (const name of options.only.split(';'))
  for (const task of tasks) {
    const pictures = await (sources[name] ?? base)(dir, task, seeds);
    const bySeed = seeds.map((seed) => seedOf(systems[name]!, pictures, seed));
    for (const figure of Object.keys(bySeed[0]!)) {
      const of = (side: Side) => bySeed.map((seed) => seed[figure]![side]);
      const [off, on] = [of('off'), of('on')];
      const gain = on.map((value, i) => value - off[i]!);
      figures.push({
        name,
        task,
        figure,
        off: mean(off),
        on: mean(on),
        gain: mean(gain),
        error: standardError(gain),
      });
    }
    console.error(`${new Date().toISOString().slice(11, 19)} ${name} ${task}`);
  }
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, 'systems.json'), `${JSON.stringify(figures, null, 2)}\n`);
console.log(
  markdown(
    ['system', 'task', 'figure', 'off', 'on', 'gain ± standard error', 'default'],
    figures.map(({ name, task, figure, off, on, gain, error }) => {
      const signed = `${gain < 0 ? '' : '+'}${gain.toFixed(3)} ± ${error.toFixed(3)}`;
      return [name, task, figure, off.toFixed(3), on.toFixed(3), signed, defaults[name] ?? ''];
    }),
  ),
);
