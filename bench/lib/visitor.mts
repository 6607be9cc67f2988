// A person on the web channel, by its HTTP API alone: consents, reads the ballots, marks cells, presses Done.
interface OpenBallot {
  id: string;
  channel: string;
  kind: string;
  data: { open: boolean; round: number; cells: { number: number; index: number }[] };
}

export class Visitor {
  #cookie = '';

  constructor(private readonly base: string) {}

  async #post(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: this.#cookie },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async arrive(): Promise<void> {
    const response = await fetch(`${this.base}/api/me`);
    this.#cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  }

  consent(channel: string) {
    return this.#post('/api/consent', { channel, given: true });
  }

  /** Ballots that take votes now, as the page is told of them. */
  async openBallots(): Promise<OpenBallot[]> {
    const response = await fetch(`${this.base}/api/events`, {
      headers: { cookie: this.#cookie },
    });
    let text = '';
    const decoder = new TextDecoder();
    // Leaving the loop hangs up.
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      const history = /event: history\ndata: (.*)\n\n/.exec(text);
      if (!history) continue;
      const { messages } = JSON.parse(history[1]!) as { messages: OpenBallot[] };
      return messages.filter((m) => m.kind === 'ballot' && m.data.open);
    }
    throw new Error('the page was told nothing');
  }

  mark(message: string, cells: readonly number[]) {
    return this.#post('/api/react', {
      message,
      marks:
        cells.length > 0
          ? cells.map((cell) => ({ emoji: `${cell}`, present: true }))
          : [{ emoji: 'none', present: true }],
    });
  }

  done(message: string) {
    return this.#post('/api/button', { message, button: 'done', value: null });
  }
}
