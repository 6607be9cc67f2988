import type { ChatEvent } from '../../../../src/chat/port.js';
import { type PlatformUnderTest, platformContract } from '../../../contracts/platform.js';
import { Visitor } from '../../../support/visitor.js';
import { freshDir, startWeb } from './support.js';

/** People are browsers; a restart is a new server over the same folder, with the same cookies. */
async function make(
  sink: (event: ChatEvent) => Promise<void>,
  dir = freshDir(),
  people = new Map<string, Visitor>(),
): Promise<PlatformUnderTest> {
  const platform = await startWeb(dir, sink);
  const cookies = new Map([...people].map(([name, visitor]) => [name, visitor.cookie()]));
  const visitors = new Map<string, Visitor>();
  const visitor = async (name: string) => {
    const known = visitors.get(name);
    if (known) return known;
    const fresh = new Visitor(platform.url);
    for (const pair of (cookies.get(name) ?? '').split('; ').filter(Boolean)) {
      const [key, value] = pair.split('=') as [string, string];
      fresh.setCookie(key, value);
    }
    await fresh.arrive();
    visitors.set(name, fresh);
    return fresh;
  };
  return {
    platform,
    channel: 'cat',
    async mark(ref, person, emoji, present) {
      const response = await (await visitor(person)).request('/api/react', {
        message: ref.message,
        marks: [{ emoji, present }],
      });
      if (!response.ok) throw new Error(await response.text());
    },
    command: async (person, text) =>
      (await (await visitor(person)).json('/api/command', { channel: 'cat', text })).replies,
    press: async (ref, person, button) => {
      const body = { message: ref.message, button, value: null };
      await (await visitor(person)).json('/api/button', body);
    },
    flag: async (ref, person, cell) => {
      const body = { message: ref.message, button: 'flag', value: cell };
      await (await visitor(person)).json('/api/button', body);
    },
    alts: async () => {
      type Shown = { pictures: { alt: string }[] };
      const messages = (await new Visitor(platform.url).messages()) as unknown as Shown[];
      return messages.flatMap(({ pictures }) => pictures.map(({ alt }) => alt));
    },
    shown: async () => (await new Visitor(platform.url).messages()).map((m) => m.title),
    restart: async () => {
      await platform.stop();
      return make(sink, dir, visitors);
    },
    close: () => platform.stop(),
  };
}

// Consent is an event of its own, told before a person's first mark; the suite looks at marks and commands.
platformContract('web', (sink) =>
  make((event) => (event.kind === 'consent' ? Promise.resolve() : sink(event))),
);
