/** What a job's result says of memory, so that people are told before they begin another session. */

/**
 * Most that this process has held resident up to now, MB: with several models behind it, that of the largest.
 */
export function peakMemoryMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
