/**
 * A session in a world of plain data: a log of committed rows, an outbox, a platform that holds reactions, a
 * clock that is set by hand. It does what the bot does (decide, commit, fold, carry out) without any of the
 * bot's code, and can be killed between any two acts: `reload` rebuilds the state from the rows alone, as the
 * database would.
 */

import { decide } from '../../src/domain/decide.js';
import { openSession } from '../../src/domain/sessions/open.js';
import { apply, emptyState } from '../../src/domain/state/apply.js';
import type { Decision, Refusal, RowChange } from '../../src/domain/state/decision.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { Act, Event, Seen } from '../../src/domain/state/events.js';
import type { Place, Platform, Role, SessionState } from '../../src/domain/state/model.js';
import type { Ballot, Round } from '../../src/domain/state/round.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { defaultRules } from '../../src/domain/state/rules.js';
import { told } from '../../src/words/tell.js';

/** `ann-slack` is on Slack, `ann` on the founding platform. */
export function person(key: string, role: Role = 'member'): Seen {
  const platform = (/-(web|slack|discord)$/.exec(key)?.[1] ?? 'fake') as Platform;
  return { key, platform, bornAt: null, joinedAt: null, role };
}

/** A channel of a platform, with its people: those whose names end in it. */
export function placeOn(platform: Platform, sweeps = platform !== 'web'): Place {
  return { channel: `${platform}-1`, community: `c-${platform}`, platform, address: '1', sweeps };
}

export class World {
  state: SessionState;
  readonly rows: RowChange[] = [];
  readonly outbox = new Map<string, Effect>();
  /** Every effect that was ever asked for, by key, with how often. */
  readonly asked = new Map<string, number>();
  /** Ballot id -> `voter emoji` of the reactions that hang there. */
  readonly platform = new Map<string, Set<string>>();
  /** Pictures of fixed noises that the engine draws beside a round. */
  pairs = 0;
  now = 1_700_000_000_000;

  constructor(rules: Partial<Rules> = {}, sweeps = true, nsfw = false) {
    const { session, decision } = openSession(
      {
        id: 'cat',
        community: 'c',
        title: 'cat',
        prompt: 'a black cat in a box',
        negative: '',
        model: 'mini',
        learner: { name: 'acclaim' },
        sampler: { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' },
        width: null,
        height: null,
        seed: 1,
        rules: { ...defaultRules, roundMs: 3_600_000, ...rules },
        nsfw,
        createdBy: null,
      },
      { channel: 'fake-1', community: 'c', platform: 'fake', address: '1', sweeps },
      this.now,
    );
    this.state = emptyState(session);
    this.commit(decision);
  }

  send(event: Event): Refusal | null {
    const decision = decide(this.state, event);
    this.commit(decision);
    return told(decision.refusal);
  }

  private commit({ rows, effects }: Decision): void {
    this.rows.push(...rows);
    this.state = apply(this.state, rows);
    for (const row of rows) if (row.table === 'outbox') this.outbox.delete(row.done);
    for (const effect of effects) {
      this.outbox.set(effect.key, effect);
      this.asked.set(effect.key, (this.asked.get(effect.key) ?? 0) + 1);
    }
  }

  /**
   * What the database would give back: the newest row of each key in order of first writing, facts in order.
   */
  reload(): SessionState {
    const latest = new Map<string, RowChange>();
    const facts: RowChange[] = [];
    for (const change of this.rows) {
      if (change.table === 'fact') facts.push(change);
      else if (!(change.table in unheld)) latest.set(keyOf(change as Held), change);
    }
    const order = ['session', 'binding', 'round', 'image', 'ballot', 'voter', 'job'];
    const sorted = order.flatMap((table) => [...latest.values()].filter((change) => change.table === table));
    return apply(emptyState(this.state.session), [...sorted, ...facts]);
  }

  get round(): Round {
    return this.state.rounds.at(-1)!;
  }

  live(): Ballot[] {
    return [...this.state.ballots.values()].filter((b) => b.state === 'live' && b.round === this.round.id);
  }

  consent(...keys: string[]): void {
    for (const key of keys)
      this.send({ kind: 'consent', voter: person(key), given: true, name: null, at: this.now });
  }

  /** A reaction on the platform, and (unless the bot is deaf) its event. */
  react(voter: string, ballot: Ballot, emoji: string, present = true, deaf = false): Refusal | null {
    this.now += 1;
    const hung = this.platform.get(ballot.id) ?? new Set();
    if (present) hung.add(`${voter} ${emoji}`);
    else hung.delete(`${voter} ${emoji}`);
    this.platform.set(ballot.id, hung);
    if (deaf) return null;
    return this.send({
      kind: 'reaction',
      ballot: ballot.id,
      voter: person(voter),
      emoji,
      present,
      at: this.now,
    });
  }

  command(act: Act, role: Role = 'moderator', key = 'mod', from: string | null = null): Refusal | null {
    return this.send({ kind: 'command', act, by: person(key, role), from, at: this.now });
  }

  /** Another channel joins, as its admin and the founding one's agreed. */
  join(place: Place, code = `code-${place.channel}`): Refusal | null {
    this.command({ name: 'invite', code, until: this.now + 1 }, 'admin', 'boss');
    const quorum = { quorum: 1, quorumBy: 'done' } as const;
    return this.command({ name: 'join', code, place, nsfw: false, quorum }, 'admin', 'boss', place.channel);
  }

  /** The accounts are one person from now on; alone they are none. */
  link(name: string | null, ...keys: string[]): void {
    const rows = keys.flatMap((key) => this.state.voters.get(key) ?? []);
    const linked = rows.map((row) => ({ table: 'voter', row: { ...row, person: name } }) as const);
    const state = apply(this.state, linked);
    this.commit({ rows: linked, effects: [], state, refusal: null });
  }

  tick(ms = 0): void {
    this.now += ms;
    this.send({ kind: 'tick', at: this.now });
  }

  /** Carries one effect out as the bot and its engine would. */
  carry(effect: Effect): void {
    this.now += 1;
    const at = this.now;
    if (effect.kind === 'generate') {
      const images = Array.from({ length: effect.count }, (_, index) => ({
        index,
        file: `images/${index}.png`,
        width: 64,
        height: 64,
      }));
      const pair = images.slice(0, this.pairs).map((one) => ({ ...one, file: `pair/${one.index}.png` }));
      const result = { kind: 'generate', images, ...(pair.length > 0 && { pair }) } as const;
      this.send({ kind: 'job-done', job: effect.key, result, at });
    } else if (effect.kind === 'learn') {
      const result = { kind: 'learn', steps: 1, learned: true, notes: [], seconds: 1 } as const;
      this.send({ kind: 'job-done', job: effect.key, result: { ...result, notes: [] }, at });
    } else if (effect.kind === 'post-ballot') {
      const { ballot, key } = effect;
      this.send({ kind: 'ballot-posted', ballot, effect: key, message: `m-${ballot}`, at });
    } else if (effect.kind === 'sweep') {
      const marks = [...(this.platform.get(effect.ballot) ?? [])].map((mark) => {
        const [voter, emoji] = mark.split(' ');
        return { voter: person(voter!), emoji: emoji! };
      });
      this.send({ kind: 'swept', ballot: effect.ballot, effect: effect.key, beganAt: at, marks, at });
    } else {
      this.send({ kind: 'effect-done', effect: effect.key, at });
    }
  }

  /** Carries out all that waits, until nothing does, or until `stop` says so. */
  settle(stop: (effect: Effect) => boolean = () => false): void {
    for (let i = 0; i < 1000; i++) {
      const effect = [...this.outbox.values()].find((one) => one.notBefore <= this.now && !stop(one));
      if (!effect) return;
      this.carry(effect);
    }
    throw new Error('the outbox never empties');
  }
}

/** Rows that no state is made of. */
const unheld = { act: 0, outbox: 0, proposal: 0, exclusion: 0 };
type Held = Exclude<RowChange, { table: keyof typeof unheld }>;

function keyOf(change: Held): string {
  const row = change.row as unknown as Record<string, string>;
  if (change.table === 'binding') return `binding ${row.session} ${row.channel}`;
  return `${change.table} ${row.id ?? row.key}`;
}
