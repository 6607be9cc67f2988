/** Hosts that only this machine reaches. */
const names: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/**
 * As a configuration or an address names it; a name that is looked up elsewhere is none, wherever it leads.
 */
export function isLoopback(host: string): boolean {
  return names.has(host.toLowerCase()) || /^127\.\d+\.\d+\.\d+$/.test(host);
}
