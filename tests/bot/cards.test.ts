/**
 * Pictures of several cards asked for at once: each is the sheet of its own cells, and one that fails holds
 * no other up. And what the bars of rounds say that came to no end of their own.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Cards } from '../../bot/effects/cards.js';
import { DataPaths } from '../../bot/effects/data-paths.js';
import type { ToldCard } from '../../src/chat/port.js';
import { pairPlan } from '../../src/domain/rounds/pair.js';
import type { Effect } from '../../src/domain/state/effects.js';
import { outcomeKey } from '../../src/domain/state/say.js';
import { decodePicture, encodePng } from '../../src/images/png.js';
import { contactSheet } from '../../src/images/sheet.js';
import { told as inWords } from '../../src/words/tell.js';
import { World } from '../support/world.js';

const noPreviews = { preview: () => undefined };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-cards-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const grey = (value: number) => ({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(value) });

it('draws every sheet that is asked for at once, also after one whose picture cannot be read', async () => {
  const world = new World({ imagesPerRound: 4, sheetSize: 1 });
  world.settle();
  const { state } = world;
  const paths = new DataPaths(dir);
  const round = paths.round('cat', 1);
  mkdirSync(join(round, 'images'), { recursive: true });
  const ballots = world.live();
  expect(ballots).toHaveLength(4);
  for (const index of [0, 1, 2, 3]) {
    const bytes = index === 1 ? Buffer.from('no picture') : await encodePng(grey(40 + 50 * index));
    writeFileSync(join(round, 'images', `${index}.png`), bytes);
  }

  const cards = new Cards(paths, noPreviews);
  const drawn = await Promise.allSettled(ballots.map((ballot) => cards.ballot(state, ballot)));
  for (const [i, one] of drawn.entries()) {
    const [index] = ballots[i]!.cells;
    if (index === 1) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'file-corrupt' } });
      continue;
    }
    if (one.status === 'rejected') throw one.reason;
    const alone = await contactSheet([{ number: 1, picture: grey(40 + 50 * index!) }]);
    expect(readFileSync(one.value.pictures[0]!.file).equals(alone.png)).toBe(true);
  }
});

it('forgets the story’s pictures once one that stands in them is hidden, and draws them without it', async () => {
  const world = new World({ imagesPerRound: 4, quorum: 1, quorumBy: 'done' }, false);
  world.settle();
  world.consent('ann');
  for (const _ of [1, 2]) {
    const [sheet] = world.live();
    world.react('ann', sheet!, '1');
    world.react('ann', sheet!, 'done');
    world.settle((effect) => effect.kind === 'generate' && effect.round === 3);
  }
  const paths = new DataPaths(dir);
  for (const [number, index] of [1, 2].flatMap((n) => [0, 1, 2, 3].map((i) => [n, i] as const))) {
    const file = join(paths.round('cat', number), 'images', `${index}.png`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await encodePng(grey(90)));
  }
  const cards = new Cards(paths, noPreviews);
  const made = () =>
    readdirSync(dirname(paths.made('cat', 'any'))).filter((name) => name.startsWith('story-'));

  await cards.story(world.state, 'cat.story', 'fake-1');
  const [before] = made();
  expect(made()).toHaveLength(1);
  world.command({ name: 'hide', index: 2, round: 1 });
  await cards.forget(world.state, world.state.rounds[0]!, 2);
  expect(made()).toEqual([]);
  await cards.story(world.state, 'cat.story', 'fake-1');
  expect(made()).toHaveLength(1);
  expect(made()).not.toEqual([before]);
});

/** Two rounds are closed, the third is drawn; each draws a picture of the same noise beside its own. */
async function paired(nsfw = false): Promise<{ world: World; cards: Cards; paths: DataPaths }> {
  const world = new World({ imagesPerRound: 4, quorum: 1, quorumBy: 'done' }, false, nsfw);
  world.pairs = 1;
  world.settle();
  world.consent('ann');
  for (const _ of [1, 2]) {
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    world.settle();
  }
  const paths = new DataPaths(dir);
  for (const number of [1, 2, 3])
    for (const name of ['images/0.png', 'images/1.png', 'images/2.png', 'images/3.png', 'pair/0.png']) {
      const file = join(paths.round('cat', number), name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, await encodePng(grey(50 * number)));
    }
  return { world, paths, cards: new Cards(paths, noPreviews) };
}
const outcomeOf = (world: World, cards: Cards, round: number) =>
  cards.outcome(world.state, {
    ...{ kind: 'card', card: 'outcome', key: outcomeKey('cat', round, 0), session: 'cat' },
    ...{ notBefore: 0, channel: 'fake-1', round },
  });

it('shows on the card of a round what the first model, the one before and the one after drew of the same noise', async () => {
  const { world, cards } = await paired();
  const told = async (round: number) => {
    const card = await outcomeOf(world, cards, round);
    const steps = (card.data!.pair as { after: number }[] | undefined)?.map(({ after }) => after);
    return { card, steps, sheet: inWords(card).pictures.at(-1)! };
  };
  const second = await told(2);
  expect(second.steps).toEqual([0, 1, 2]);
  expect(second.sheet).toMatchObject({
    alt: 'Same noise: before any vote, after round 1, after round 2.',
    spoiler: false,
  });
  expect(inWords(second.card).text).toContain(second.sheet.alt);
  // Left to right: the greys of rounds 1 to 3.
  const { width, height, data } = await decodePicture(second.sheet.file);
  const at = (x: number) => data[3 * (width * Math.floor(height / 2) + Math.floor(width * x))];
  expect([0.2, 0.5, 0.8].map(at)).toEqual([50, 100, 150]);
  expect((await told(1)).steps).toEqual([0, 1]);
  // It was told anew when the next round was drawn: once at its close, once with what came of it.
  expect(world.asked.get(outcomeKey('cat', 2, 0))).toBe(2);
  const story = await cards.story(world.state, 'cat.story', 'fake-1');
  expect((story.data!.pair as object[]).length).toBe(3);
  expect(inWords(story.pictures).map(({ alt }) => alt)).toContain(
    'Same noise: before any vote, after round 2.',
  );
});

it('blurs it where pictures are, and shows nothing of one that is held or of a round that was rolled back', async () => {
  const veiled = await paired(true);
  const card = await outcomeOf(veiled.world, veiled.cards, 2);
  expect(card.pictures.map(({ spoiler }) => spoiler)).toEqual(card.pictures.map(() => true));
  const { world, cards } = await paired();
  const [, second] = world.state.rounds;
  const held = { ...second!, pair: second!.pair!.map((one) => ({ ...one, state: 'held' as const })) };
  const state = { ...world.state, rounds: world.state.rounds.map((row) => (row === second ? held : row)) };
  const story = await cards.story(state, 'cat.story', 'fake-1');
  expect((story.data!.pair as { after: number }[]).map(({ after }) => after)).toEqual([0, 2]);
  world.command({ name: 'rollback', round: 1 });
  expect((await cards.story(world.state, 'cat.story', 'fake-1')).data!.pair).toMatchObject([
    { after: 0 },
    { after: 1 },
  ]);
});

it('takes it away when a moderator says so, and draws no more where it is of all rounds', async () => {
  const { world, cards } = await paired();
  const made = () =>
    readdirSync(dirname(paths.made('cat', 'any'))).filter((name) => name.startsWith('pair-'));
  const paths = new DataPaths(dir);
  await outcomeOf(world, cards, 2);
  expect(made()).toHaveLength(1);
  expect(world.command({ name: 'hide-pair', round: 9 })).toMatchObject({ code: 'unknown' });
  expect(world.command({ name: 'hide-pair' }, 'member')).toMatchObject({ code: 'not-allowed' });
  expect(world.command({ name: 'hide-pair', round: 2 })).toBeNull();
  expect(world.outbox.has('cat.delete-pair')).toBe(true);
  expect((await outcomeOf(world, cards, 2)).data!.pair).toMatchObject([{ after: 0 }, { after: 2 }]);
  expect(pairPlan({ ...world.state, rounds: [{ ...world.round, count: 18 }] })).not.toBeNull();
  expect(world.command({ name: 'hide-pair' })).toBeNull();
  expect((await outcomeOf(world, cards, 2)).data!.pair).toBeUndefined();
  expect(pairPlan({ ...world.state, rounds: [{ ...world.round, count: 18 }] })).toBeNull();
  await cards.forgetPairs(world.state);
  expect(made()).toEqual([]);
  // What was asked for before it was taken away is shown no more, and goes too.
  world.settle();
  world.react('ann', world.live()[0]!, '1');
  world.react('ann', world.live()[0]!, 'done');
  world.settle();
  expect(world.round.pair).toMatchObject([{ state: 'hidden' }]);
  expect(world.asked.get('cat.delete-pair')).toBe(3);
});

it('shows the newest model at other strengths once all are drawn, on a card of its own and in the story', async () => {
  const { world, cards, paths } = await paired();
  const card = (round = 2) =>
    cards.whole('strengths', world.state, {
      ...{
        kind: 'card',
        card: 'strengths',
        key: 'k',
        session: 'cat',
        notBefore: 0,
        channel: 'fake-1',
        round,
      },
    });
  expect(world.command({ name: 'strength' }, 'member')).toMatchObject({ code: 'not-allowed' });
  expect(world.command({ name: 'strength' })).toBeNull();
  const [effect] = [...world.outbox.values()].filter(({ kind }) => kind === 'strengths');
  expect(effect).toMatchObject({ key: 'cat.2.strengths', round: 2 });
  expect(await card()).toMatchObject({ progress: 0, pictures: [] });
  const steps = [0, 1, 1.5].map((strength) => ({
    strength,
    files: [`strengths/2-${strength}/images/0000.png`, null],
  }));
  for (const [i, { files }] of steps.entries()) {
    const file = join(dirname(paths.strength('cat', 'any')), '..', files[0]!);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await encodePng(grey(60 * i)));
  }
  const tell = (state: 'running' | 'done', round = 2) =>
    world.send({
      ...{ kind: 'strengths-drawn', effect: 'cat.2.strengths', round, at: world.now },
      found: { state, steps: state === 'done' ? steps : steps.slice(0, 1), failure: null },
    });
  tell('running');
  expect(await card()).toMatchObject({ progress: 1 / 7, pictures: [] });
  expect(world.outbox.has('cat.2.strengths')).toBe(true);
  tell('done');
  expect(world.outbox.has('cat.2.strengths')).toBe(false);
  const done = (await card())!;
  expect(done.data!.strengths).toMatchObject([{ strength: 0 }, { strength: 1 }, { strength: 1.5 }]);
  expect(inWords(done.pictures)).toMatchObject([
    { alt: 'Same noises at strengths 0, 1, 1.5.', spoiler: false },
  ]);
  expect((await cards.story(world.state, 'cat.story', 'fake-1')).data).toMatchObject({ strengthsOf: 2 });
  // Asked again it shows what is there; of another round there is none.
  world.command({ name: 'strength' });
  expect(world.outbox.has('cat.2.strengths')).toBe(false);
  expect(await card(1)).toBeNull();
  world.command({ name: 'hide-pair' });
  expect((await cards.story(world.state, 'cat.story', 'fake-1')).data!.strengths).toBeUndefined();
  expect(world.command({ name: 'strength' })).toMatchObject({ code: 'unknown' });
});

it.each([
  [18, 20, { count: 1, steps: 15 }],
  [256, 20, { count: 2, steps: 20 }],
  [48, 4, { count: 2, steps: 4 }],
  [47, 20, { count: 1, steps: 20 }],
  [9, 20, { count: 1, steps: 8 }],
  [18, 1, { count: 1, steps: 1 }],
  [6, 20, null],
  [4, 4, null],
])('a round of %i pictures in %i steps affords no more than a tenth', (images, steps, plan) => {
  const { session, rounds } = new World({ imagesPerRound: images }).state;
  const sampler = { ...session.sampler, steps };
  const found = pairPlan({ session: { ...session, sampler }, rounds });
  expect(found).toEqual(plan);
  if (found) expect((found.count * found.steps) / (images * steps)).toBeLessThan(0.06);
  // It stays what it was when later rounds have more pictures.
  const later = [...rounds, { ...rounds[0]!, number: 2, count: 256 }];
  expect(pairPlan({ session: { ...session, sampler }, rounds: later })).toEqual(plan);
});

type Live = (world: World, settle: () => void) => void;

/** How a round may end without having been learned from. */
const lives: Record<string, Live> = {
  'stopped while it is drawn': (world) => {
    world.command({ name: 'stop' });
  },
  'drawn anew while it is drawn': (world) => {
    world.command({ name: 'redo' });
  },
  'stopped while it is open': (world, settle) => {
    settle();
    world.command({ name: 'stop' });
  },
  'drawn anew while it is open': (world, settle) => {
    settle();
    world.command({ name: 'redo' });
  },
  'without a good picture': (world, settle) => {
    settle();
    world.consent('ann');
    world.react('ann', world.live()[0]!, 'done');
    expect(world.round.number).toBe(2);
  },
  'without a good picture for the second time': (world, settle) => {
    settle();
    world.consent('ann');
    for (let i = 0; i < 2; i++) {
      world.react('ann', world.live()[0]!, 'done');
      settle();
    }
    expect(world.state.session.pause).toBe('no-good');
  },
  'stopped while it is learned': (world, settle) => {
    toLearning(world, settle);
    world.command({ name: 'stop' });
  },
  'rolled back while it is learned': (world, settle) => {
    toLearning(world, settle);
    world.command({ name: 'rollback', round: 0 });
  },
  'stopped after it failed': (world, settle) => {
    failed(world, settle);
    world.command({ name: 'stop' });
  },
  'drawn anew after it failed': (world, settle) => {
    failed(world, settle);
    world.command({ name: 'redo' });
  },
  'rolled back after it failed': (world, settle) => {
    failed(world, settle);
    world.command({ name: 'rollback', round: 0 });
  },
};

const toLearning: Live = (world, settle) => {
  settle();
  world.consent('ann');
  world.react('ann', world.live()[0]!, '1');
  world.react('ann', world.live()[0]!, 'done');
  expect(world.round.state).toBe('learning');
};

const failed: Live = (world, settle) => {
  const error = { code: 'model-corrupt', message: 'the model is broken', hint: 'Fetch it again.' };
  const job = [...world.state.jobs.keys()][0]!;
  world.send({ kind: 'job-failed', job, ...error, retry: false, at: world.now });
  expect(world.round.state).toBe('failed');
  settle();
};

/** `late`: the channel takes edits slowly, so that all of them are carried out when everything is over. */
const ways = Object.entries(lives).flatMap(([name, live]) =>
  [false, true].map((late) => [name, late ? 'late' : 'at once', live] as const),
);

it.each(ways)('leaves no bar hanging of a round that is %s (edits %s)', (_, when, live) => {
  const world = new World({ imagesPerRound: 4 }, false);
  const cards = new Cards(new DataPaths(dir), noPreviews);
  const shown = new Map<string, ToldCard>();
  const show = (effect: Effect) => {
    if (effect.kind !== 'card' || effect.card !== 'progress') return;
    const drawn = cards.drawn(world.state, effect);
    for (const card of [drawn, cards.progress(world.state, effect)])
      if (card) shown.set(card.key, inWords(card));
  };
  const carry = world.carry.bind(world);
  world.carry = (effect) => {
    show(effect);
    carry(effect);
  };
  const rests = (one: Effect) =>
    one.kind === 'learn' ||
    (one.kind === 'generate' && one.round > 2) ||
    (when === 'late' && one.kind === 'card');
  live(world, () => world.settle(rests));
  for (const effect of [...world.outbox.values()]) if (effect.kind === 'card') world.carry(effect);

  const now = world.state.session.state === 'active' ? world.round.number : 0;
  const over = [...shown.values()].filter(({ data }) => data!.round !== now);
  expect(over.length).toBeGreaterThan(0);
  for (const { title, text, progress } of over) {
    expect(title).not.toMatch(/^(Drawing|Learning)|waits|stuck/);
    expect(text).not.toMatch(/Waiting|waits|left/);
    expect([1, null]).toContain(progress);
  }
});

it('leads from a channel elsewhere to the page, where people reach it and it shows the session', async () => {
  const { world, paths } = await paired();
  const bound = (platform: 'fake' | 'web', address: string) => ({
    ...world.state.bindings[0]!,
    ...{ platform, address, channel: `${platform}-${address}` },
  });
  const both = { ...world.state, bindings: [bound('fake', '1'), bound('web', 'cats & dogs')] };
  const told = async (state: typeof both, page: string | null, channel: string) => {
    const cards = new Cards(paths, noPreviews, page);
    const key = outcomeKey('cat', 2, 0);
    const effect = { kind: 'card', card: 'outcome', key, session: 'cat', notBefore: 0, round: 2 } as const;
    const all = [
      await cards.outcome(state, { ...effect, channel }),
      await cards.story(state, 'cat.story', channel),
    ];
    return inWords(all).map(({ text }) => /https\S+/.exec(text)?.[0] ?? null);
  };
  const link = 'https://art.example/#cats%20%26%20dogs';
  expect(await told(both, 'https://art.example', 'fake-1')).toEqual([link, link]);
  expect(await told(both, 'https://art.example', 'web-cats & dogs')).toEqual([null, null]);
  expect(await told(both, null, 'fake-1')).toEqual([null, null]);
  const apart = { ...both, bindings: both.bindings.slice(0, 1) };
  expect(await told(apart, 'https://art.example', 'fake-1')).toEqual([null, null]);
});
