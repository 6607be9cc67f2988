export class SmallDisk {
  constructor(dir: string);
  static mount(megabytes: number, dir?: string): SmallDisk;
  readonly dir: string;
  fill(): void;
  free(): void;
  unmount(): void;
  remove(): void;
}
export function whyNoDisk(dir?: string): string | null;
