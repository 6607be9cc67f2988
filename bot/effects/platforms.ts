/**
 * The chat platforms of this process. The registry is made first and filled later, so that what serves people
 * can be made before them.
 */
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import { AcclaimError } from '../../src/errors.js';

/** By name, in the order in which they were added. */
export class Platforms implements Iterable<ChatPlatform> {
  private readonly all = new Map<string, ChatPlatform>();
  private readonly connected = new Set<PlatformName>();

  constructor(platforms: Iterable<ChatPlatform> = []) {
    this.add(platforms);
  }

  add(platforms: Iterable<ChatPlatform>): void {
    for (const platform of platforms) this.all.set(platform.name, platform);
  }

  [Symbol.iterator](): Iterator<ChatPlatform> {
    return this.all.values();
  }

  names(): PlatformName[] {
    return [...this.all.values()].map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.all.has(name);
  }

  get(name: string): ChatPlatform | undefined {
    return this.all.get(name);
  }

  /**
   * Throws `platform-unreachable` for one that is not of this process, such as one whose token was taken
   * away.
   */
  need(name: string): ChatPlatform {
    const found = this.all.get(name);
    if (found) return found;
    throw new AcclaimError(
      'platform-unreachable',
      `the platform ${name} is not connected`,
      'Set its token and start again.',
    );
  }

  /** Its connection was there once. */
  setConnected(name: PlatformName): void {
    this.connected.add(name);
  }

  isConnected(name: PlatformName): boolean {
    return this.connected.has(name);
  }

  /** Commands come from there now. */
  takesCommands(name: PlatformName): boolean {
    return this.connected.has(name) && !this.all.get(name)?.trouble?.();
  }

  /** Server or workspace of a channel; null where there is no such thing. */
  async serverOf(name: PlatformName, address: string): Promise<string | null> {
    return (await this.all.get(name)?.serverOf?.(address)) ?? null;
  }

  /** Largest file that an answer can carry there, bytes. */
  mostFileBytes(name: PlatformName): number {
    return this.all.get(name)?.capabilities.maxFileBytes ?? 0;
  }
}
