/**
 * Old rounds as the policy of retention has them (src/domain/sessions/retention.ts): which files there are to
 * take away, and taking them away. What is gone is not counted again, so a look after an end in the middle
 * goes on from there.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluationFate, type Fate, fates, type Retention } from '../../src/domain/sessions/retention.js';
import type { Session } from '../../src/domain/state/model.js';
import type { Image, Round } from '../../src/domain/state/round.js';
import { ifMissing } from '../../src/files/reading.js';
import type { DataPaths } from '../effects/data-paths.js';

/** Files of a round that may go. */
export interface Collectable {
  session: string;
  round: number;
  what: 'tensors' | 'pictures';
  /** Absolute. */
  files: string[];
  bytes: number;
}

/** What is asked of a session to know that. */
export interface SessionRows {
  session: Session;
  rounds: readonly Round[];
  /** By id of the round. */
  images: ReadonlyMap<string, readonly Image[]>;
}

const isDue = (fate: Fate, now: number): boolean => 'due' in fate && fate.due <= now;

/** What of a session may go now. */
export async function collectable(
  { session, rounds, images }: SessionRows,
  paths: DataPaths,
  retention: Retention,
  now: number,
): Promise<Collectable[]> {
  const found: Collectable[] = [];
  for (const fate of fates(session, rounds, retention)) {
    const dir = paths.round(session.id, fate.number);
    const add = async (what: Collectable['what'], names: string[]) => {
      const sizes = await Promise.all(names.map((name) => stat(join(dir, name)).catch(() => null)));
      const files = names.filter((_, i) => sizes[i]).map((name) => join(dir, name));
      const bytes = sizes.reduce((sum, facts) => sum + (facts?.size ?? 0), 0);
      if (files.length > 0) found.push({ session: session.id, round: fate.number, what, files, bytes });
    };
    if (isDue(fate.tensors, now)) await add('tensors', ['round.safetensors']);
    if (!isDue(fate.pictures, now)) continue;
    const best = images.get(fate.round)?.find((image) => image.index === fate.best)?.file;
    const within = async (folder: string) =>
      (await readdir(join(dir, folder)).catch(ifMissing([]))).map((name) => `${folder}/${name}`);
    const names = [...(await within('images')), ...(await within('pair'))];
    await add(
      'pictures',
      names.filter((name) => name !== best),
    );
  }
  const beside = await picturesBeside(session, paths);
  if (beside.files.length > 0 && isDue(evaluationFate(session, retention), now)) found.push(beside);
  return found;
}

/** What was drawn beside the rounds, to measure or to show; figures are the session's. */
async function picturesBeside(
  { id, evaluation, strengths }: Session,
  paths: DataPaths,
): Promise<Collectable> {
  const within = async (dir: string, is: (name: string) => boolean) => {
    const all = evaluation || strengths ? await readdir(dir, { recursive: true }).catch(ifMissing([])) : [];
    return all.filter(is).map((name) => join(dir, name));
  };
  const files = [
    ...(await within(paths.evaluation(id, ''), (name) => name.endsWith('.png'))),
    ...(await within(paths.strength(id, ''), (name) => name.endsWith('.png'))),
    ...(await within(paths.made(id, ''), (name) => name.startsWith('safety-'))),
  ];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { session: id, round: evaluation?.round ?? strengths?.round ?? 0, what: 'pictures', files, bytes };
}

/** One that is gone already is no fault. */
export async function removeFiles(found: readonly Collectable[]): Promise<void> {
  for (const { files } of found) for (const file of files) await rm(file, { force: true });
}
