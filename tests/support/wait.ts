/**
 * Waiting without a clock: for what must come true, and at gates where something stops until the test lets it
 * go on, so that what happens in between happens at that moment on a machine of any speed.
 */

/**
 * Between two looks, ms: a look may open a database or ask a server, so the longer one waits the less often
 * one looks.
 */
const pauseAfter = (waited: number) => Math.min(50, Math.max(10, waited / 20));

/** Rejects, naming `what`, when the condition has not come true after a time that only a fault takes. */
export async function until(
  test: () => boolean | Promise<boolean>,
  what = 'it to happen',
  ms = 60_000,
): Promise<void> {
  const began = Date.now();
  while (!(await test())) {
    const waited = Date.now() - began;
    if (waited > ms) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseAfter(waited)));
  }
}

export class Gate {
  /** Resolves when somebody stands at the gate. */
  readonly reached: Promise<void>;
  private readonly opened: Promise<void>;
  private arrive!: () => void;
  /** Lets everybody through, now and later. */
  open!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.arrive = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async pass(): Promise<void> {
    this.arrive();
    await this.opened;
  }
}

/** Gates in front of a peer's operations, by name. */
export class Gates {
  private held: { name: string; left: number; gate: Gate }[] = [];

  /** Stops the `nth` call from now on, before it is carried out. */
  hold(name: string, nth = 1): Gate {
    const gate = new Gate();
    this.held.push({ name, left: nth, gate });
    return gate;
  }

  async pass(name: string): Promise<void> {
    const here = this.held.filter((one) => one.name === name);
    for (const one of here) one.left -= 1;
    const now = here.filter((one) => one.left === 0);
    this.held = this.held.filter((one) => one.left > 0);
    await Promise.all(now.map(({ gate }) => gate.pass()));
  }
}
