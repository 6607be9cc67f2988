/**
 * Equal specs share an executor, however their fields are ordered; specs that differ in anything never do.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../engine/graph/graph.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { canonical, type GraphSpec, type Plain } from '../../../engine/runtime/graph-spec.js';
import { Results } from '../../../engine/runtime/results.js';
import { readSources } from '../../support/imports.js';

/**
 * Few of each kind, and of those that look alike once they are joined to a text, so that equal ones come
 * often.
 */
const scalars: Plain[] = [
  '',
  'a',
  'a,b',
  '1',
  'null',
  '[]',
  '"',
  '-0',
  0,
  -0,
  1,
  1.5,
  NaN,
  Infinity,
  true,
  null,
];
const scalar = fc.constantFrom(...scalars);
const field = fc.constantFrom('a', 'b', 'a:1', '"');
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('plain'), { maxLength: 3 }),
    fc.dictionary(field, tie('plain'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

/** The same with each object's fields in the opposite order. */
function reversed(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([k, v]) => [k, reversed(v)] as const)
      .reverse(),
  );
}

const spec: GraphSpec = {
  graph: 'training',
  models: [{ path: '/models/a', precision: 'fp32' }],
  shapes: { states: [2, 77, 32], latent: [4, 8, 8] },
  options: {
    loss: { name: 'nft', beta: 1 },
    adapter: { rank: 4, alpha: 4, targets: 'all' },
    guidance: 5,
    rows: 3,
  },
};

/** `value` once for each leaf in it, that leaf changed; and with one field more. */
function* changes(value: Plain): Generator<Plain> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const one of changes(item)) yield value.with(i, one);
    yield [...value, 1];
  } else if (typeof value === 'object' && value !== null) {
    for (const [k, item] of Object.entries(value))
      for (const one of changes(item)) yield { ...value, [k]: one };
    yield { ...value, more: 1 };
  } else yield typeof value === 'number' ? value + 1 : `${value}|`;
}

describe('the canonical form', () => {
  it('is the same of equal values and of no others', () => {
    const same = { equal: 0, different: 0 };
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        expect(canonical(reversed(a))).toBe(canonical(a));
        for (const other of [b, ...changes(a)]) {
          const equal = isDeepStrictEqual(a, other);
          same[equal ? 'equal' : 'different'] += 1;
          expect(canonical(a) === canonical(other)).toBe(equal);
        }
      }),
      { numRuns: 500, seed: 5 },
    );
    expect(Math.min(...Object.values(same))).toBeGreaterThan(5);
    const pairs = scalars.flatMap((a) => scalars.map((b): [Plain, Plain] => [a, b]));
    expect(pairs.filter(([a, b]) => (canonical(a) === canonical(b)) !== Object.is(a, b))).toEqual([]);
  });

  it('takes a field that is undefined for one that is missing, and tells each from null', () => {
    expect(canonical({ a: undefined, b: 1 })).toBe(canonical({ b: 1 }));
    expect(canonical({ a: null, b: 1 })).not.toBe(canonical({ b: 1 }));
  });
});

describe('executors', () => {
  const build = () => {
    const g = new Graph();
    g.output('y', g.input('x', [1]));
    return g;
  };

  it('are shared by equal specs, and by no two that differ in one field', async () => {
    const others = [...changes(spec)] as GraphSpec[];
    expect(others.length).toBeGreaterThan(20);
    const cache = new ExecutorCache({ threads: 1 }, { executors: 99, memory: Infinity });
    const first = await cache.get(spec, build);
    expect(await cache.get(reversed(spec) as GraphSpec, build)).toBe(first);
    for (const other of others) await cache.get(other, build);
    expect(cache.counts).toEqual({ hits: 1, compiled: 1 + others.length, released: 0 });
    await cache.clear();
  });

  it('are built from their spec', async () => {
    const cache = new ExecutorCache({ threads: 1 });
    const built: GraphSpec[] = [];
    await cache.get(spec, (given) => {
      built.push(given);
      return build();
    });
    expect(built).toEqual([spec]);
    await cache.clear();
  });

  it('have one name for each function that builds a graph', () => {
    const names = [...readSources(['engine'])].flatMap(([path, source]) =>
      [...source.matchAll(/\bgraph: '([^']+)'/g)].map(([, name]) => ({ path, name: name! })),
    );
    expect(names.length).toBeGreaterThan(8);
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
  });
});

describe('results', () => {
  class Squares extends Results<number> {
    constructor() {
      super(2);
    }
  }
  class Promised extends Results<Promise<number>> {
    constructor() {
      super(2);
    }
  }

  it('are worked out once for equal specs, a kind by itself, and the least recently used is dropped', () => {
    const cache = new ExecutorCache({ threads: 1 });
    const worked: number[] = [];
    const square = (n: number) =>
      cache.results(Squares).of({ n }, () => {
        worked.push(n);
        return n * n;
      });
    expect([2, 3, 2, 4, 2, 3].map(square)).toEqual([4, 9, 4, 16, 4, 9]);
    expect(worked).toEqual([2, 3, 4, 3]);
    expect(new ExecutorCache({ threads: 1 }).results(Squares)).not.toBe(cache.results(Squares));
    expect(cache.results(Promised)).not.toBe(cache.results(Squares));
  });

  it('that failed are worked out again', async () => {
    const results = new Promised();
    await expect(results.of(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await results.of(1, async () => 5)).toBe(5);
    const fails = () => {
      throw new Error('not even begun');
    };
    expect(() => results.of(2, fails)).toThrow('not even begun');
    expect(await results.of(2, async () => 6)).toBe(6);
  });
});
