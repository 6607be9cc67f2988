/**
 * A bound on waiting for somebody else's answer: a server that holds its line and says nothing must hold up
 * nobody.
 */

/**
 * True once `work` is settled, however; false when it takes longer, and what becomes of it then is nobody's
 * business here.
 */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, ms));
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
