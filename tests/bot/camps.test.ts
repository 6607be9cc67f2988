/**
 * A divided community with the usual eighteen pictures, under the whole bot: split, told who is where alone,
 * voting apart, taken up after a stop, forgotten, and made one again.
 */
import { existsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import { mod, TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const people = (side: string) => [0, 1, 2].map((i) => fakeAccount(`${side}${i}`));
const [left, right] = [people('l'), people('r')];
const settings = ['session.images=18', 'session.cells=9', 'votes.quorum=99'];

it('goes on as two sessions, each learning from its own camp, and as one when that is undone', async () => {
  let test = await TestHouse.open(settings);
  /** Of the newest round 1 there: the parent had one too. */
  const sheet = (channel: string, letter: string) =>
    test.platform.messages.findLast(
      ({ ref, card }) =>
        ref.channel === channel &&
        card.kind === 'ballot' &&
        card.data?.round === 1 &&
        card.data.sheet === letter,
    )!.ref;
  const mark = async (channel: string, who: typeof left, good: string, bad: string) => {
    for (const one of who) {
      for (const cell of '123459') await test.platform.mark(sheet(channel, good), one, cell);
      await test.platform.mark(sheet(channel, bad), one, '9');
    }
  };
  const says = async (who: (typeof left)[0], text: string, channel = 'taste') =>
    (await test.platform.command(channel, who, text))!;
  try {
    await test.open(1);
    for (const who of [...left, ...right]) await test.platform.consent('taste', who);
    await mark('taste', left, 'A', 'B');
    await mark('taste', right, 'B', 'A');
    expect((await says(mod, 'taste')).text).toContain('was not split');
    await says(mod, 'round close');
    await test.until(({ session }) => session.head === 1);
    expect((await says(mod, 'session split')).text).toContain('Camp B needs a channel of its own');
    const answer = await says(mod, 'session split #tulips');
    expect(answer.text).toContain('camp B in **tulips**');
    const [a, b] = ['taste', 'tulips'].map((address) => test.house.app.sessions.liveIn('fake', address)!);
    const { A, B } = test.state().session.split!.sessions;
    expect([a!.session.id, b!.session.id]).toEqual([A, B]);
    const find = () => test.platform.messages.find(({ card: { title } }) => title === 'Two camps');
    await until(() => find() !== undefined, 'the card of the camps');
    const { card } = find()!;
    expect(card.text).toMatch(/\*\*Camp [AB]\*\*: 3 people, in the channel \*\*tulips\*\*/);
    expect(card.text).toMatch(/\*\*[AB][1-5]\*\* of round 1/);

    // Each is told of themselves alone.
    const campOf = async (who: (typeof left)[0]) =>
      /of camp \*\*(.)\*\*/.exec((await says(who, 'taste')).text)?.[1];
    const own = await campOf(left[0]!);
    const other = own === 'A' ? 'B' : 'A';
    for (const who of left) expect(await campOf(who)).toBe(own);
    for (const who of right) expect(await campOf(who)).toBe(other);
    const why = (await says(left[0]!, 'taste')).text;
    expect(why).toMatch(
      /Like it you called \*\*A1\*\* of round 1.* good\. Like it you did not call \*\*B1\*\*/,
    );
    expect(await campOf(mod)).toBeUndefined();

    // One of the other camp marks all the same; another goes over.
    const ofLeft = own === 'A' ? 'taste' : 'tulips';
    const id = own === 'A' ? A : B;
    await test.open(1, id);
    await mark(ofLeft, [...left, ...right.slice(0, 2)], 'A', 'B');
    expect((await says(right[1]!, `taste ${own}`, ofLeft)).text).toContain(`of camp **${own}**`);
    expect((await says(right[1]!, `taste ${own}`, ofLeft)).title).toBe('Not done');
    await test.stop(true);
    test = await TestHouse.open(settings, { dir: test.dir, platform: test.platform });
    expect(await campOf(right[1]!)).toBe(own);
    await says(mod, 'round close', ofLeft);
    const { rounds } = await test.until(({ session }) => session.head === 1, id);
    expect(rounds[0]!.outcome).toMatchObject({ voters: 4, excluded: [{ reason: 'other-camp', count: 1 }] });
    expect(existsSync(test.house.paths.checkpoint(id, 1))).toBe(true);

    // Forgotten they count where they counted, when figures are told anew.
    await says(right[1]!, 'me forget');
    await says(mod, `exclude <@${left[0]!.id}>`, ofLeft);
    await test.until((state) => state.rounds[0]!.outcome!.voters === 3, id);
    expect(JSON.stringify([...test.state(id).voters.values()])).not.toContain(right[1]!.id);

    await says(mod, 'undo', ofLeft);
    const undone = await says(mod, 'undo', 'taste');
    expect(undone.text).toContain('session split');
    for (const one of [A, B]) await test.until(({ session }) => session.end === 'stopped', one);
    expect(test.state().session).toMatchObject({ state: 'active', end: null });
    const acts = (await says(mod, 'audit')).text;
    expect(acts).not.toMatch(/taste [AB]|camp/);
  } finally {
    await test.stop();
  }
});
