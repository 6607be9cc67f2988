// Fills a data folder: sessions with an open round each, and some that ended, made by the domain's own
// decisions, and the marks of their voters in large statements through the store's one writer. Usage:
// fill.mjs DIR OPTIONS(JSON)

import { specify } from '../../bot/services/plans.js';
import { loadConfig } from '../../src/config/load.js';
import { decide } from '../../src/domain/decide.js';
import { openSession } from '../../src/domain/sessions/open.js';
import type { RowChange } from '../../src/domain/state/decision.js';
import type { Event } from '../../src/domain/state/events.js';
import { Store } from '../../src/store/store.js';
import { accountOf, type Community, channelOf, marksOf, messageOf, sessionOf, votersOf } from './crowd.mjs';

const [, , dir, json] = process.argv as [string, string, string, string];
const options: Community = JSON.parse(json);
const { sessions, ended, voters, images } = options;
const began = Date.now() - 3_600_000;
const store = await Store.open(dir);
const config = loadConfig({ set: ['votes.quorumBy=marks', 'votes.quorum=100000'], env: {} });
const spec = specify(
  config,
  { prompt: 'a black cat inside a cardboard box', title: 'cat', seed: 5, images },
  'fake',
);

const keys = Array.from({ length: voters }, (_, v) => store.voterKey('fake', accountOf(v)));
const people = keys.map(
  (key, v): RowChange => ({
    table: 'voter',
    row: {
      key,
      community: 'fake',
      platform: 'fake',
      consentAt: began,
      bornAt: null,
      joinedAt: null,
      rounds: v % 6,
      excluded: false,
      trusted: false,
      name: null,
      pseudonym: false,
      person: null,
    },
  }),
);
await store.commit(people, []);

/** An event before it is told when it came. */
type Untimed = Event extends infer E ? (E extends { at: number } ? Omit<E, 'at'> : never) : never;

let marks = 0;
let endedMarks = 0;
let rows: [ballot: string, voter: string, emoji: string, at: number][] = [];
const flush = async () => {
  const batch = rows;
  rows = [];
  const places = batch.map(() => "(?, ?, ?, 1, 'live', ?, 0)").join(', ');
  const text = `INSERT INTO fact (ballot, voter, emoji, present, source, at, late) VALUES ${places}`;
  marks += batch.length;
  await store.writer.write((db) => db.run(text, ...batch.flat()));
};

const moderator = { key: 'mod', platform: 'fake', bornAt: null, joinedAt: null, role: 'moderator' } as const;
for (let s = 0; s < sessions + ended; s++) {
  // Those that ended did so over the last year.
  const opened = s < sessions ? began : began - (1 + (s % 365)) * 86_400_000;
  // They did so in the channels of those that are open.
  const address = channelOf(s % sessions);
  const place = {
    channel: `fake-${address}`,
    community: 'fake',
    platform: 'fake',
    address,
    sweeps: true,
  } as const;
  await store.ensureChannel(
    { id: 'fake', platform: 'fake', name: 'fake' },
    {
      id: place.channel,
      community: 'fake',
      platform: 'fake',
      address: place.address,
      server: null,
      name: 'cat',
      nsfw: false,
    },
  );
  const { decision } = openSession(
    { ...spec, id: sessionOf(s), community: 'fake', createdBy: null },
    place,
    opened,
  );
  const written = [...decision.rows];
  let { state } = decision;
  const take = (event: Untimed) => {
    const next = decide(state, { ...event, at: opened });
    written.push(...next.rows);
    state = next.state;
    return next.effects;
  };
  const [job = ''] = state.jobs.keys();
  const drawn = Array.from({ length: images }, (_, index) => ({
    index,
    file: `images/${index}.png`,
    width: 64,
    height: 64,
  }));
  const posts = take({ kind: 'job-done', job, result: { kind: 'generate', images: drawn } });
  for (const post of posts) {
    if (post.kind !== 'post-ballot') continue;
    const { ballot, key } = post;
    const message = messageOf(s, state.ballots.get(ballot)!.sheet);
    take({ kind: 'ballot-posted', ballot, effect: key, message });
  }
  if (s >= sessions) take({ kind: 'command', act: { name: 'stop' }, by: moderator, from: place.channel });
  // Effects are left out: the round is as it is when all of them are done.
  await store.commit(written, []);
  let at = opened;
  for (const voter of votersOf(s, options))
    for (const { id, sheet } of state.ballots.values())
      for (const emoji of marksOf(s, sheet, voter)) {
        at += 137;
        rows.push([id, keys[voter]!, emoji, at]);
        if (s >= sessions) endedMarks += 1;
        if (rows.length === 5000) await flush();
      }
}
if (rows.length > 0) await flush();
await store.close();
process.stdout.write(`${marks} ${endedMarks}\n`);
