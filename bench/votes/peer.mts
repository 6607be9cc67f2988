// Both loopback peers in a process of their own, with the crowd that votes there: members react at a given
// rate or all at once, and what hangs on each message in the end is the truth that the ledger is held
// against.
import { timeOf } from '../../bot/platforms/slack/timestamp.js';
import { Peer as DiscordPeer } from '../../tests/support/discord-peer/peer.js';
import type { Member } from '../../tests/support/discord-peer/world.js';
import { signingSecret } from '../../tests/support/slack-peer/line.js';
import { Peer as SlackPeer } from '../../tests/support/slack-peer/peer.js';
import { answer } from '../lib/asked.mjs';

const discord = await DiscordPeer.start();
const scopes = process.argv[2]!.split(',');
const slack = await SlackPeer.start(scopes);

const glyphs = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${n}\uFE0F\u20E3`);
const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const now = () => performance.timeOrigin + performance.now();

/** "platform message account number" of every mark that hangs there now. */
const truth = new Set<string>();
/** What Slack's people did, by message: reaction -> members. */
const hung = new Map<string, Map<string, Set<string>>>();
const members = new Map<string, object>();

type Platform = 'discord' | 'slack';
interface Place {
  channel: string;
  message: string;
  cells: number;
}
export type Places = Record<Platform, readonly Place[]>;
/** [key, present, when sent, the time under which the ledger has it, where the platform says one] */
export type Sent = [string, boolean, number, number | null];

let places: Places = { discord: [], slack: [] };
let crowd: { discord: Member[]; slack: string[] } = { discord: [], slack: [] };
let unanswered = 0;

// Slack's emulator has eight people; the crowd's names and reactions are added to what it answers.
const serve = slack.front.serve.bind(slack.front);
slack.front.serve = async (method, token, args) => {
  const member = members.get(String(args.user));
  if (method === 'users.info' && member)
    return { status: 200, headers: {}, body: { ok: true, user: member } };
  const answer = await serve(method, token, args);
  if (method !== 'reactions.get' || !answer.body.ok) return answer;
  const shown = answer.body.message as { reactions?: { name: string; users: string[] }[] };
  const reactions = new Map((shown.reactions ?? []).map((r) => [r.name, [...r.users]]));
  for (const [name, users] of hung.get(String(args.timestamp)) ?? [])
    reactions.set(name, [...(reactions.get(name) ?? []), ...users]);
  const list = [...reactions].map(([name, users]) => ({ name, users, count: users.length }));
  const message = { ...shown, reactions: list };
  return { ...answer, body: { ...answer.body, message } };
};

function gather(count: number): Record<Platform, string[]> {
  crowd = {
    discord: Array.from({ length: count }, (_, i) => discord.world.person(`member${i}`)),
    slack: Array.from({ length: count }, (_, i) => {
      const id = `UCROWD${String(i).padStart(5, '0')}`;
      members.set(id, { id, name: id.toLowerCase(), is_bot: false });
      return id;
    }),
  };
  // By name, so that nobody has to be looked for.
  const byName = new Map(crowd.discord.map((m) => [m.user.username, m]));
  const person = discord.world.person.bind(discord.world);
  discord.world.person = (name, fill) => byName.get(name) ?? person(name, fill);
  return { discord: crowd.discord.map((m) => m.user.id), slack: crowd.slack };
}

/**
 * One member turns one mark on or off. Resolves when the bot has answered, where the platform waits for that.
 */
function act(platform: Platform): { event: Sent; answered: Promise<void> | null } {
  const { channel, message, cells } = drawn<Place>(places[platform]);
  const member = drawn<Member | string>(crowd[platform]);
  const number = 1 + Math.floor(roll() * cells);
  const id = typeof member === 'string' ? member : member.user.id;
  const key = `${platform} ${message} ${id} ${number}`;
  const present = !truth.has(key);
  if (present) truth.add(key);
  else truth.delete(key);
  const event: Sent = [key, present, now(), null];
  if (typeof member !== 'string') {
    discord.react(member.user.username, message, glyphs[number - 1]!, { present });
    return { event, answered: null };
  }
  const word = words[number - 1]!;
  const on = hung.get(message) ?? new Map<string, Set<string>>();
  hung.set(message, on);
  const users = on.get(word) ?? new Set<string>();
  on.set(word, users);
  if (present) users.add(id);
  else users.delete(id);
  // Slack calls again what is not answered; the sweep finds what is lost meanwhile.
  const told = slack.reaction(id, channel, message, word, present);
  event[3] = timeOf(String(told.event_ts));
  const answered = slack.tell(told).then(
    (status) => {
      if (status !== 200) unanswered += 1;
    },
    () => {
      unanswered += 1;
    },
  );
  return { event, answered };
}

let state = 12345;
const roll = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const drawn = <T,>(list: readonly T[]): T => list[Math.floor(roll() * list.length)]!;

/** Both platforms in turn, at even distances; what falls behind is caught up at once. */
async function steady({ rate, seconds }: { rate: number; seconds: number }) {
  const events: Sent[] = [];
  const waiting: Promise<void>[] = [];
  const began = performance.now();
  const total = rate * seconds;
  while (events.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
    while (events.length < due) {
      const { event, answered } = act(events.length % 2 ? 'slack' : 'discord');
      events.push(event);
      if (answered) waiting.push(answered);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const took = (performance.now() - began) / 1000;
  await Promise.all(waiting);
  return { events, took, unanswered };
}

/** As fast as it goes, at most 100 of Slack's calls at a time. */
async function burst({ count }: { count: number }) {
  const events: Sent[] = [];
  const waiting = new Set<Promise<void>>();
  while (events.length < count) {
    const { event, answered } = act(events.length % 2 ? 'slack' : 'discord');
    events.push(event);
    if (answered) {
      const entry: Promise<void> = answered.then(() => void waiting.delete(entry));
      waiting.add(entry);
    }
    if (waiting.size >= 100) await Promise.race(waiting);
    if (events.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(waiting);
  return { events };
}

const requests = {
  hello: async () => ({
    discord: { api: discord.url, token: 'MTIz.peer.token', channel: discord.world.channel('votes').id },
    slack: {
      api: slack.api,
      token: slack.front.botToken,
      signingSecret,
      channel: await slack.channel('votes'),
    },
  }),
  gather: ({ count }: { count: number }) => gather(count),
  places: (found: Places) => {
    places = found;
  },
  target: ({ url }: { url: string }) => {
    slack.target = url;
  },
  steady,
  burst,
  truth: () => [...truth],
  objections: () => [...discord.objections, ...slack.front.objections],
};

export type PeerRequests = typeof requests;

answer(requests);
