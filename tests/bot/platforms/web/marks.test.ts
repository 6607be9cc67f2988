/**
 * What a press on the page means, by the page's own script: no star stays on what is good no more, on a sheet
 * or in a gallery.
 */
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';

interface Message {
  id: string;
  channel: string;
  kind: 'ballot';
  data: { session: string; round: number; style: 'sheet' | 'gallery'; says?: 'unsafe'; faults: object[] };
  mine: string[];
}
interface Marks {
  toggleSide(message: Message, n: number, side: 'good' | 'bad'): void;
  toggleBest(message: Message, n: number): void;
  toggleCalled(message: Message, n: number): void;
  toggleNone(message: Message): void;
  toggleFault(message: Message, n: number, fault: string): void;
  sideOf(message: Message, marks: Set<string>, n: number): 'good' | 'bad' | null;
}
interface Store {
  marksOf(message: Message): Set<string>;
  set(change: object): void;
  press(message: Message, button: string, value: string): Promise<void>;
  get(): { dialog: string | null };
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

// Nobody has agreed yet: marks stay in the browser.
beforeEach(() => store.set({ me: null, waiting: {} }));

function ballot(style: 'sheet' | 'gallery', mine: string[], says?: 'unsafe'): Message {
  const faults = ['few', 'ugly'].map((id) => ({ id, word: id }));
  const data = { session: 'cat', round: 1, style, faults, ...(says && { says }) };
  return { id: 'm', channel: 'c', kind: 'ballot', data, mine };
}
const marks = (message: Message) => [...store.marksOf(message)].sort();

describe('a star', () => {
  it.each([
    ['sheet', ['2', '3', 'star-3'], 3, ['2']],
    ['gallery', ['like', 'star'], 1, []],
  ] as const)('on a %s goes with the good that is taken back', (style, mine, n, left) => {
    const message = ballot(style, [...mine]);
    page.toggleSide(message, n, 'good');
    expect(marks(message)).toEqual(left);
  });

  it('in a gallery goes where the picture is called bad, and so does the like', () => {
    const message = ballot('gallery', ['like', 'star']);
    page.toggleSide(message, 1, 'bad');
    expect(marks(message)).toEqual(['dislike']);
  });

  it('of a sheet about unsafe pictures goes where the picture is called unsafe', () => {
    const message = ballot('sheet', ['star-2'], 'unsafe');
    page.toggleCalled(message, 2);
    expect(marks(message)).toEqual(['2']);
  });

  it('goes with all numbers where nothing is good, and stays where another picture loses its number', () => {
    const message = ballot('sheet', ['1', '2', 'star-2']);
    page.toggleCalled(message, 1);
    expect(marks(message)).toEqual(['2', 'star-2']);
    page.toggleNone(message);
    expect(marks(message)).toEqual(['none']);
  });

  it('says good, and takes bad and none back', () => {
    const gallery = ballot('gallery', ['dislike']);
    page.toggleBest(gallery, 1);
    expect(marks(gallery)).toEqual(['like', 'star']);
    store.set({ waiting: {} });
    const sheet = ballot('sheet', ['none']);
    page.toggleBest(sheet, 2);
    expect(marks(sheet)).toEqual(['2', 'star-2']);
  });
});

describe('what is wrong with a picture', () => {
  it('on a sheet takes its number and star back, and goes itself where it is called good', () => {
    const message = ballot('sheet', ['2', '3', 'star-2']);
    page.toggleFault(message, 2, 'few');
    page.toggleFault(message, 2, 'ugly');
    expect(marks(message)).toEqual(['3', 'few-2', 'ugly-2']);
    expect([1, 2, 3].map((n) => page.sideOf(message, store.marksOf(message), n))).toEqual([
      null,
      'bad',
      'good',
    ]);
    page.toggleFault(message, 2, 'ugly');
    expect(marks(message)).toEqual(['3', 'few-2']);
    page.toggleCalled(message, 2);
    expect(marks(message)).toEqual(['2', '3']);
    page.toggleFault(message, 3, 'ugly');
    page.toggleBest(message, 3);
    expect(marks(message)).toEqual(['2', '3', 'star-3']);
  });

  it('in a gallery comes with a dislike, and goes with it', () => {
    const message = ballot('gallery', ['like', 'star']);
    page.toggleFault(message, 1, 'few');
    expect(marks(message)).toEqual(['dislike', 'few-1']);
    page.toggleSide(message, 1, 'bad');
    expect(marks(message)).toEqual([]);
    page.toggleFault(message, 1, 'few');
    page.toggleSide(message, 1, 'good');
    expect(marks(message)).toEqual(['like']);
  });
});

describe('a button of a ballot', () => {
  it('waits for a consent that is on its way, and asks for none', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (path: string) => {
      asked.push(path);
      return Response.json({ replies: [] });
    });
    let heard = () => {};
    const agreeing = new Promise<void>((resolve) => (heard = resolve));
    store.set({ agreeing, dialog: null });
    const pressed = store.press(ballot('sheet', []), 'flag', 'A1');
    store.set({ me: { consented: true }, agreeing: null });
    heard();
    await pressed;
    expect([asked, store.get().dialog]).toEqual([['/api/button'], null]);
    store.set({ me: { consented: false } });
    await store.press(ballot('sheet', []), 'flag', 'A1');
    expect([asked.length, store.get().dialog]).toEqual([1, 'consent']);
    store.set({ dialog: null });
  });
});
