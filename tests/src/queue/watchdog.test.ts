/**
 * When an engine process is taken for hung, by a clock of the test's own: what it foretold, what it said, and
 * what this side slept.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../src/queue/local/watchdog.js';

const FLOOR = 10;
let why: string[];
let dog: Watchdog;
beforeEach(() => {
  vi.useFakeTimers();
  why = [];
  dog = new Watchdog({ factor: 3, floorMs: FLOOR * 1000 }, (text) => why.push(text), Date.now);
});
afterEach(() => vi.useRealTimers());

const after = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
const alive = () => dog.heard({ type: 'alive', rss: 1 });
const ahead = (seconds: number) => dog.heard({ type: 'ahead', seconds });
const step = (done: number, secondsLeft: number | null) =>
  dog.heard({
    type: 'progress',
    id: 'a',
    progress: { stage: 'sample', done, total: 10, secondsLeft },
  });

/** Seconds from now until it is told, up to a bound; `meanwhile` happens each second. */
function toldAfter(bound: number, meanwhile = () => {}): number | null {
  for (let s = 1; s <= bound; s++) {
    after(1);
    if (why.length) return s;
    meanwhile();
  }
  return null;
}

describe('a process is hung', () => {
  it('that says nothing for as long as it is given at the least', () => {
    dog.begins();
    expect(toldAfter(60)).toBe(FLOOR);
    expect(toldAfter(60, () => expect(why).toHaveLength(1))).not.toBeNull();
  });

  it('that is gone for several times as long as it foretold, however late a beat was on its way', () => {
    dog.begins();
    ahead(20);
    alive();
    expect(toldAfter(200)).toBe(3 * 20);
  });

  it('that beats and makes no progress for several times as long as a step should take', () => {
    dog.begins();
    step(1, 9 * 8);
    expect(toldAfter(200, alive)).toBe(3 * 8);
  });

  it('that does not come up', () => {
    dog.starts();
    expect(toldAfter(200)).toBe(5 * FLOOR);
  });
});

describe('a process is not hung', () => {
  it('that beats where no step was foretold, and one whose steps take their time', () => {
    dog.begins();
    expect(toldAfter(300, alive)).toBeNull();
    for (let done = 0; done < 10; done++) {
      step(done, (10 - done) * 8);
      expect(toldAfter(23, alive)).toBeNull();
    }
    // After the last step nothing is foretold.
    step(10, 0);
    expect(toldAfter(300, alive)).toBeNull();
  });

  it('that compiles for long between two steps, as it foretold', () => {
    dog.begins();
    step(1, 9);
    ahead(50);
    expect(toldAfter(3 * 50 - 1)).toBeNull();
    step(2, 8);
    expect(toldAfter(60)).toBe(FLOOR);
  });

  it('that has no job', () => {
    dog.begins();
    dog.rests();
    expect(toldAfter(300)).toBeNull();
  });

  it('that slept together with this one: it is heard first', () => {
    dog.begins();
    // As a machine that is suspended, or a container that is paused: timers wait, the clock goes on.
    vi.setSystemTime(Date.now() + 3600_000);
    after(FLOOR);
    expect(why).toEqual([]);
    expect(toldAfter(60)).toBe(FLOOR);
  });
});
