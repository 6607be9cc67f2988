/** What goes wrong on request: matching calls are answered so instead, or done and then answered so. */
export interface Fault {
  /** Such as `chat.postMessage`. */
  method: string;
  /** How often; it is gone afterwards. */
  times: number;
  /** HTTP; 200 with `{ ok: false, error }` is how Slack says most things. */
  status?: number;
  error?: string;
  headers?: Record<string, string>;
  body?: Record<string, unknown>;
  /** True: the call is carried out all the same, only its answer is lost. */
  done?: boolean;
}

export class Faults {
  private list: Fault[] = [];

  inject(fault: Omit<Fault, 'times'> & { times?: number }): void {
    this.list.push({ times: 1, ...fault });
  }

  clear(): void {
    this.list = [];
  }

  take(method: string): Fault | undefined {
    const fault = this.list.find((f) => f.method === method);
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) this.list = this.list.filter((f) => f !== fault);
    return fault;
  }
}
