/** Types of cases.mjs for the tests, which run a short form of it. */
export interface Readers {
  readSafetensors(path: string): unknown;
  readAdapters(pipeline: never, sources: readonly { path: string; weight: number }[]): unknown;
  loadPipeline(dir: string): Promise<unknown>;
  loadTokenizer(dir: string, room: { places: number }): { encode(text: string): unknown };
  decodeListing(entries: readonly unknown[]): unknown;
  selectFiles(files: never, variant: never): readonly { path: string; size: number }[];
}
export interface Fixtures {
  model: string;
  adapter: string;
  sharded: string | null;
  index: string;
}
export interface Fuzz {
  names: string[];
  run(seed: number, k: number): Promise<{ target: string; refused: string | null }>;
  close(): void;
}
export function makeFuzz(readers: Readers, from: Fixtures, dir: string): Fuzz;
