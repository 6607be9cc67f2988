/** What goes wrong on request: matching calls are answered so instead, or done and then answered so. */
export interface Fault {
  /** Such as `post /channels/{channel_id}/messages`. */
  operation: string;
  /** How often; it is gone afterwards. */
  times: number;
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** True: the call is carried out all the same, only its answer is lost. */
  done?: boolean;
}

export class Faults {
  private list: Fault[] = [];

  inject(fault: Fault): void {
    this.list.push(fault);
  }

  take(operation: string): Fault | undefined {
    const fault = this.list.find((f) => f.operation === operation);
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) this.list = this.list.filter((f) => f !== fault);
    return fault;
  }
}

/** An error as Discord words it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly headers: Record<string, string> = {},
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
  }
}
