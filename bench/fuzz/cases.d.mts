/** Types of cases.mjs for the tests, which run a short form of it. */
export interface Readers {
  readSafetensors(path: string): unknown;
  readAdapters(pipeline: never, sources: readonly { path: string; weight: number }[]): unknown;
  loadPipeline(dir: string): Promise<unknown>;
  loadTokenizer(dir: string, room: { places: number }): { encode(text: string): unknown };
  decodeListing(entries: readonly unknown[]): unknown;
  restore(file: string, dir: string): Promise<unknown>;
  /** Each reads the bytes of a picture that people gave. */
  pictures: Readonly<Record<string, (bytes: Buffer) => Promise<unknown>>>;
  selectFiles(files: never, variant: never): readonly { path: string; size: number }[];
}
/** A backup taken apart: its manifest without its files, and those. */
export interface Archived {
  manifest: object;
  files: readonly { path: string; bytes: Buffer }[];
}
export interface Fixtures {
  model: string;
  adapter: string;
  sharded: string | null;
  index: string;
  backup: Archived | null;
  pictures: readonly { format: string; bytes: Buffer }[] | null;
}
export interface Fuzz {
  names: string[];
  run(seed: number, k: number): Promise<{ target: string; refused: string | null }>;
  close(): void;
}
export function makeFuzz(readers: Readers, from: Fixtures, dir: string, only?: readonly string[]): Fuzz;
