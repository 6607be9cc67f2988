/**
 * What cards show of a round's pictures: none that is hidden, the best where it is known, and what of them is
 * kept on the disk; where they lead to, and which of several tries they tell of.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sheetsBeside } from '../../bot/effects/cards.js';
import type { Binding } from '../../src/domain/state/model.js';
import type { Ballot, Job } from '../../src/domain/state/round.js';
import { contactSheet } from '../../src/images/sheet.js';
import { told as inWords } from '../../src/words/tell.js';
import { fileOf, grey, sheetsIn } from '../support/grey-sheets.js';
import { placeOn } from '../support/world.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-sheets-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const sheets = (page: string | null = null) => sheetsIn(dir, page);

it('draws a sheet without the picture that was hidden, and with the best once the round is over', async () => {
  const { world, cards } = await sheets();
  const [first, second] = world.live() as [Ballot, Ballot];
  world.command({ name: 'hide', index: 0, round: 1 });
  world.react('ann', second, '1');
  world.react('ann', second, 'star-1');
  world.react('ann', second, 'done');
  const drawn = async (ballot: Ballot) => readFileSync(await fileOf(cards, world, ballot));
  const hidden = [
    { number: 1, picture: null },
    { number: 2, picture: grey(90) },
  ];
  expect((await drawn(first)).equals((await contactSheet(hidden)).png)).toBe(true);
  expect(world.state.rounds[0]!.outcome!.best).toBe(2);
  const starred = [
    { number: 1, picture: grey(140), best: true },
    { number: 2, picture: grey(190), best: false },
  ];
  expect((await drawn(second)).equals((await contactSheet(starred)).png)).toBe(true);
});

it('forgets the sheet on which a picture was hidden, and no other', async () => {
  const { world, cards } = await sheets();
  const [first, second] = world.live() as [Ballot, Ballot];
  const before = await Promise.all([first, second].map((ballot) => fileOf(cards, world, ballot)));
  world.command({ name: 'hide', index: 0, round: 1 });
  const after = await fileOf(cards, world, first);
  await cards.forget(world.state, world.state.rounds[0]!, 0);
  expect([...before, after].map((file) => existsSync(file))).toEqual([false, true, true]);
});

it('names its sheets by those of its channel that hang there', async () => {
  const { world } = await sheets();
  const [first, second] = world.live() as [Ballot, Ballot];
  const of = (...others: Ballot[]) =>
    sheetsBeside({ ...world.state, ballots: new Map([first, ...others].map((one) => [one.id, one])) }, first);
  expect(of(second)).toBe(2);
  for (const other of [{ state: 'gone' }, { channel: 'web-1' }, { round: 'another' }] as const)
    expect(of({ ...second, ...other })).toBe(1);
});

it('leads to the page where the session is on it, from cards that stand elsewhere', async () => {
  const { world, cards } = await sheets('https://acclaim.example');
  expect(world.join(placeOn('web'))).toBeNull();
  const [here, there] = world.state.bindings as [Binding, Binding];
  const text = async (channel: string, web: Partial<Binding> = {}) => {
    const bindings = [here, { ...there, ...web }];
    return JSON.stringify(inWords((await cards.story({ ...world.state, bindings }, 'k', channel)).text));
  };
  expect(await text('fake-1')).toContain('https://acclaim.example/#1');
  expect(await text('web-1')).not.toContain('acclaim.example');
  for (const away of [{ canPost: false }, { goneAt: 1 }])
    expect(await text('fake-1', away)).not.toContain('acclaim.example');
});

it('tells of the newest attempt at a round, with the preview of that', async () => {
  const { world, cards } = await sheets();
  world.command({ name: 'redo' });
  const [job] = [...world.state.jobs.values()].slice(-1) as [Job];
  const tries = [1, 3, 2].map((attempt) => {
    const state = attempt === 3 ? ('running' as const) : ('failed' as const);
    return { ...job, key: `try ${attempt}`, attempt, state, stage: 'sample' };
  });
  const state = { ...world.state, jobs: new Map(tries.map((one) => [one.key, one])) };
  const round = world.round.number;
  const card = cards.progress(state, {
    ...{ kind: 'card', card: 'progress', key: 'k', session: 'cat', notBefore: 0, channel: 'fake-1', round },
  });
  expect(card.data).toMatchObject({ state: 'running' });
  expect(JSON.stringify(card)).toContain('of try 3');
});
