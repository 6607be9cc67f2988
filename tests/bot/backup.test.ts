/**
 * `acclaim backup` beside the running product, somebody leaving after it, and `acclaim restore`: the page's
 * own file is cleared too.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { acclaim } from '../support/command-line.js';
import { Started } from '../support/started.js';
import { Visitor } from '../support/visitor.js';

const started = new Started([]);
const file = `${started.dir}.tar`;
afterAll(async () => {
  await started.remove();
  rmSync(file, { force: true });
});

it('who left after the backup is out of what was restored, on the page as in the database', async () => {
  const url = await started.start();
  const [ann, ben] = [new Visitor(url), new Visitor(url)];
  for (const visitor of [ann, ben]) await visitor.arrive();
  const idOf = (visitor: Visitor) => visitor.cookie().split('=')[1]!.split('.')[0]!;
  const journal = () => readFileSync(join(started.dir, 'web/messages.jsonl'), 'utf8');
  expect(journal()).toContain(idOf(ann));

  const saved = await acclaim('backup', '--out', file, '--data', started.dir);
  expect(saved).toMatchObject({ status: 0, out: expect.stringContaining('2 voters') });
  await ann.request('/api/consent', { channel: 'cat', given: false });
  const busy = await acclaim('restore', file, '--data', started.dir, '--replace');
  expect(busy).toMatchObject({ status: 1, err: expect.stringContaining('data-locked') });
  await started.stop();

  const done = await acclaim('restore', file, '--data', started.dir, '--replace');
  expect(done).toMatchObject({
    status: 0,
    out: expect.stringContaining('left since: 1 person, 0 purged sessions'),
  });
  expect(journal()).toContain(idOf(ben));
  expect(journal()).not.toContain(idOf(ann));
  expect(await started.rows('SELECT key FROM voter')).toHaveLength(1);
  await started.start();
  expect(await started.rows('SELECT key FROM voter')).toHaveLength(1);
});
