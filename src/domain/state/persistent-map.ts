/**
 * A map whose every change makes a new map in O(1) and leaves the old one as it was. All versions of one line
 * share a single Map that stands at the version last used; every other keeps the one difference to its
 * neighbour, and being asked turns the chain towards it (Baker, Shallow binding makes functional arrays fast,
 * 1991). So the newest version costs what a Map costs, and older ones as much as was changed since. Order is
 * that of first insertion. Our own because the domain imports no library, and because a tree costs each
 * lookup of the newest version more.
 */
type Link<V> =
  | { kind: 'here'; map: Map<string, V> }
  /** Like `next`, but for this key; `absent`: `next` has it and this has not. */
  | { kind: 'away'; key: string; value: V | undefined; absent: boolean; next: PersistentMap<V> };

/** A map that is never changed: `with` gives another that shares all else. */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  #link: Link<V>;
  readonly #size: number;

  private constructor(link: Link<V>, size: number) {
    this.#link = link;
    this.#size = size;
  }

  /** Takes a copy, unless it is one of these already. */
  static from<V>(source: ReadonlyMap<string, V>): PersistentMap<V> {
    if (source instanceof PersistentMap) return source;
    return new PersistentMap<V>({ kind: 'here', map: new Map(source) }, source.size);
  }

  with(key: string, value: V): PersistentMap<V> {
    const map = this.#map();
    const absent = !map.has(key);
    const before = map.get(key);
    map.set(key, value);
    const next = new PersistentMap<V>({ kind: 'here', map }, this.#size + (absent ? 1 : 0));
    this.#link = { kind: 'away', key, value: before, absent, next };
    return next;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#map().get(key);
  }

  has(key: string): boolean {
    return this.#map().has(key);
  }

  // What is handed out to be walked through is a copy: other versions may be asked in the middle of it.

  keys(): MapIterator<string> {
    return [...this.#map().keys()].values();
  }

  values(): MapIterator<V> {
    return [...this.#map().values()].values();
  }

  entries(): MapIterator<[string, V]> {
    return [...this.#map()].values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(act: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) act(value, key, this);
  }

  /** The shared Map, turned to this version. */
  #map(): Map<string, V> {
    if (this.#link.kind === 'here') return this.#link.map;
    const way: PersistentMap<V>[] = [];
    let holder: PersistentMap<V> = this;
    while (holder.#link.kind === 'away') {
      way.push(holder);
      holder = holder.#link.next;
    }
    const { map } = holder.#link;
    for (const version of way.reverse()) {
      const { key, value, absent } = version.#link as Extract<Link<V>, { kind: 'away' }>;
      holder.#link = { kind: 'away', key, value: map.get(key), absent: !map.has(key), next: version };
      if (absent) map.delete(key);
      else map.set(key, value as V);
      version.#link = { kind: 'here', map };
      holder = version;
    }
    return map;
  }
}
