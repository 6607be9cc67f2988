/**
 * Sessions that a start finds: in which order they are taken up, and that nothing waits for them that need
 * not.
 */
import { afterEach, expect, it } from 'vitest';
import { Resume } from '../../bot/sessions/resume.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { ann, mod, TestHouse } from '../support/house.js';
import { Gate, until } from '../support/wait.js';

const LONG = 300_000;
let house: TestHouse | undefined;
afterEach(async () => {
  await house?.stop();
  house = undefined;
});

function state(id: string, round: 'open' | 'posting' | 'closing', deadline: number | null): SessionState {
  return { session: { id }, rounds: [{ state: round, deadline }] } as unknown as SessionState;
}

it('takes up first what takes no votes, then by deadline, and next what somebody acts on', async () => {
  const order: string[] = [];
  const resume: Resume = new Resume({
    abreast: 1,
    sessions: {
      takeUp: async (id) => {
        order.push(id);
        if (id === 'soon') resume.hurry('last');
      },
    },
  });
  const open = [state('last', 'open', null), state('later', 'open', 5), state('soon', 'closing', 1)];
  resume.begin([...open, state('posting', 'posting', null)]);
  await until(() => order.length === 4, 'all to be taken up');
  expect(order).toEqual(['posting', 'soon', 'last', 'later']);
});

it('takes up no more once it stops, and waits for what is under way', async () => {
  const order: string[] = [];
  const gate = new Gate();
  const resume = new Resume({
    abreast: 1,
    sessions: {
      takeUp: async (id) => {
        await gate.pass();
        order.push(id);
      },
    },
  });
  resume.begin([state('a', 'open', 1), state('b', 'open', 2)]);
  await gate.reached;
  const stopped = resume.stop();
  gate.open();
  await stopped;
  expect(order).toEqual(['a']);
});

it('answers at once after a restart, and closes no round whose ballots were not read', {
  timeout: LONG,
}, async () => {
  const first = await TestHouse.open(['votes.quorum=5']);
  await first.open(1);
  const { platform } = first;
  await platform.consent('taste', ann);
  await first.stop(true);
  // Made while nobody listens.
  await platform.mark(first.sheet(1, 'A').ref, ann, '1');

  const gate = new Gate();
  const read = platform.fetchReactions.bind(platform);
  platform.fetchReactions = async (ref) => {
    await gate.pass();
    return read(ref);
  };
  house = await TestHouse.open(['votes.quorum=5'], { dir: first.dir, platform });
  await gate.reached;
  const card = await platform.command('taste', mod, 'session status');
  expect(card?.title).toBe('cat');
  await platform.command('taste', mod, 'round close');
  expect(house.state().rounds[0]).toMatchObject({ state: 'closing', outcome: null });
  gate.open();
  const closed = await house.until((s) => s.rounds[0]!.outcome !== null);
  expect(closed.rounds[0]!.outcome).toMatchObject({ voters: 1 });
});
