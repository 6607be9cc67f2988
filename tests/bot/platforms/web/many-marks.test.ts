/**
 * What one act on the page does to several pictures: ranges, all, none, the other way round, Done; and what is
 * taken back of it. Of duels too.
 */
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';

interface Message {
  id: string;
  channel: string;
  kind: 'ballot';
  at: number;
  seq: number;
  data: { session: string; round: number; style: string; says?: 'unsafe'; open: boolean; cells: object[] };
  mine: string[];
}
interface Marks {
  toggleCalled(message: Message, n: number): void;
  toggleBest(message: Message, n: number): void;
  toggleNone(message: Message): void;
  toggleFault(message: Message, n: number, fault: string): void;
  callRange(messages: Message[], message: Message, n: number): void;
  callAll(messages: Message[]): void;
  callNone(messages: Message[]): void;
  invert(messages: Message[]): void;
  withdrawBest(messages: Message[]): void;
  finish(messages: Message[], bare: Message[], none: boolean): void;
  sideOf(message: Message, marks: Set<string>, n: number): 'good' | 'bad' | null;
  undo(): void;
  undoable(messages: Message[]): boolean;
}
interface DuelMarks {
  answer(messages: Message[], message: Message, says: string): void;
}
interface Duels {
  progressOf(messages: Message[]): { open: Message[]; done: number; of: number };
}
interface Store {
  marksOf(message: Message): Set<string>;
  set(change: object): void;
}

// All of a browser that the scripts ask for as they load: somewhere to listen.
vi.stubGlobal('addEventListener', () => {});
vi.stubGlobal('document', { addEventListener: () => {} });
// Other files run in this process.
afterAll(() => vi.unstubAllGlobals());

/** Scripts of the browser, which are in no project of the tests. */
const script = (name: string): Promise<unknown> =>
  import(new URL(`../../../../bot/platforms/web/page/${name}`, import.meta.url).href);
const page = (await script('marks.js')) as Marks;
const store = (await script('store.js')) as Store;
const { answer } = (await script('duel-marks.js')) as DuelMarks;
const { progressOf } = (await script('duels.js')) as Duels;

/** Sheets of a round with three pictures each, on which these marks stand; nobody has agreed yet. */
function round(...marks: string[][]): Message[] {
  return show(...marks.map((mine) => ({ mine })));
}

function show(...ballots: { mine: string[]; style?: string; says?: 'unsafe'; hidden?: number }[]): Message[] {
  const messages = ballots.map(({ mine, style = 'sheet', says, hidden }, i): Message => {
    const cells = [1, 2, 3]
      .slice(0, style === 'duel' ? 2 : 3)
      .map((number) => ({ number, name: `${number}`, url: number === hidden ? null : `/${number}` }));
    const data = { session: 'cat', round: 1, style, open: true, cells, ...(says && { says }) };
    return { id: `m${i}`, channel: 'c', kind: 'ballot', at: i, seq: i, data, mine };
  });
  store.set({ me: null, waiting: {}, channel: 'c', messages: new Map(messages.map((m) => [m.id, m])) });
  return messages;
}
const marks = (messages: Message[]) => messages.map((message) => [...store.marksOf(message)].sort());

// What was done before is taken back no more.
beforeEach(() => page.finish(round([]), [], false));

describe('the way back', () => {
  it('goes an act at a time, and an act on many pictures goes whole', () => {
    const sheets = round(['1'], []);
    page.toggleCalled(sheets[0]!, 2);
    page.callAll(sheets);
    expect(marks(sheets)).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    page.undo();
    expect(marks(sheets)).toEqual([['1', '2'], []]);
    page.undo();
    expect(marks(sheets)).toEqual([['1'], []]);
    expect(page.undoable(sheets)).toBe(false);
  });

  it('leaves what was marked on a round that has closed', () => {
    const [sheet] = round([]) as [Message];
    page.toggleCalled(sheet, 1);
    const closed = { ...sheet, data: { ...sheet.data, open: false } };
    store.set({ messages: new Map([[sheet.id, closed]]) });
    page.undo();
    expect(marks([closed])).toEqual([['1']]);
  });

  it('ends at Done', () => {
    const sheets = round([]);
    page.toggleCalled(sheets[0]!, 1);
    page.finish(sheets, [], false);
    page.undo();
    expect(marks(sheets)).toEqual([['1', 'done']]);
  });

  it('brings a star back to where it was', () => {
    const sheets = round(['2', 'star-2'], ['1']);
    page.toggleBest(sheets[1]!, 1);
    expect(marks(sheets)).toEqual([['2'], ['1', 'star-1']]);
    page.undo();
    expect(marks(sheets)).toEqual([['2', 'star-2'], ['1']]);
  });
});

describe('Done', () => {
  it('says of sheets without a mark that nothing there is good, only where that was said', () => {
    const said = (none: boolean) => {
      const sheets = round(['1'], [], []);
      page.finish(sheets, sheets.slice(1), none);
      return marks(sheets);
    };
    expect(said(true)).toEqual([['1'], ['none'], ['done', 'none']]);
    expect(said(false)).toEqual([['1'], [], ['done']]);
  });
});

describe('several pictures at once', () => {
  it('from the one marked last to this one become what that one is, over sheets, both ends with them', () => {
    const sheets = round([], []);
    page.toggleCalled(sheets[0]!, 2);
    page.callRange(sheets, sheets[1]!, 2);
    expect(marks(sheets)).toEqual([
      ['2', '3'],
      ['1', '2'],
    ]);
    page.toggleCalled(sheets[1]!, 1);
    page.callRange(sheets, sheets[0]!, 3);
    expect(marks(sheets)).toEqual([['2'], ['2']]);
  });

  it('are all called, none, or the others; a sheet without any says so, and one that is hidden is left', () => {
    const sheets = show({ mine: ['1'] }, { mine: ['1', '2', 'star-2'], hidden: 3 });
    page.invert(sheets);
    expect(marks(sheets)).toEqual([['2', '3'], ['none']]);
    page.callAll(sheets);
    expect(marks(sheets)).toEqual([
      ['1', '2', '3'],
      ['1', '2'],
    ]);
    page.callNone(sheets);
    expect(marks(sheets)).toEqual([['none'], ['none']]);
  });

  it('have no best any more where that is taken back, and stay what else they are', () => {
    const sheets = round(['2', 'star-2'], ['1']);
    page.withdrawBest(sheets);
    expect(marks(sheets)).toEqual([['2'], ['1']]);
  });

  it('lose "none of these" where one of them is called', () => {
    const sheets = round(['none']);
    page.toggleCalled(sheets[0]!, 2);
    expect(marks(sheets)).toEqual([['2']]);
  });
});

it('a star alone calls a picture good, but not safe', () => {
  const of = (says?: 'unsafe') => {
    const [sheet] = show({ mine: ['star-1'], ...(says && { says }) }) as [Message];
    return page.sideOf(sheet, store.marksOf(sheet), 1);
  };
  expect([of(), of('unsafe')]).toEqual(['good', null]);
});

describe('a duel', () => {
  it('has one answer: another takes its place, and so does none of these', () => {
    const duels = show({ mine: ['left', 'star-1'], style: 'duel' });
    answer(duels, duels[0]!, 'both');
    expect(marks(duels)).toEqual([['both', 'star-1']]);
    page.toggleNone(duels[0]!);
    expect(marks(duels)).toEqual([['neither', 'star-1']]);
  });

  it('of a picture that is held back is not answered by it, and one without any is not asked', () => {
    const duels = show({ mine: [], style: 'duel', hidden: 2 }, { mine: ['left'], style: 'duel' });
    for (const says of ['right', 'both']) answer(duels, duels[0]!, says);
    expect(marks(duels)).toEqual([[], ['left']]);
    expect(progressOf(duels)).toMatchObject({ open: [duels[0]], done: 1, of: 2 });
    answer(duels, duels[0]!, 'left');
    expect(progressOf(duels)).toMatchObject({ open: [], done: 2 });
  });
});
