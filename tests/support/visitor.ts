/** A browser without a window: keeps cookies, talks to the page's routes, reads the live line. */

export interface LiveFrame {
  event: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sent; tests look at parts of it
  data: any;
}

export class Visitor {
  private readonly cookies = new Map<string, string>();

  constructor(public url: string) {}

  /** The server is at another address since it was started again. */
  moveTo(url: string): void {
    this.url = url;
  }

  async request(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(this.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json', origin: this.url }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split('=') as [string, string];
      this.cookies.set(name, value);
    }
    return response;
  }

  // biome-ignore lint/suspicious/noExplicitAny: see LiveFrame
  async json(path: string, body?: unknown): Promise<any> {
    return (await this.request(path, body)).json();
  }

  /** Opens the page for the first time: the cookie is set. */
  // biome-ignore lint/suspicious/noExplicitAny: see LiveFrame
  async arrive(consent = true): Promise<any> {
    const me = await this.json('/api/me');
    if (consent) await this.request('/api/consent', { channel: 'cat', given: true });
    return me;
  }

  cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  setCookie(name: string, value: string): void {
    this.cookies.set(name, value);
  }

  cookieNames(): string[] {
    return [...this.cookies.keys()];
  }

  /** Frames of the live line until `enough` says so; the line is then cut. */
  async frames(enough: (frames: LiveFrame[]) => boolean, lastEventId?: string, act?: () => Promise<void>) {
    const controller = new AbortController();
    const response = await fetch(`${this.url}/api/events`, {
      headers: { cookie: this.cookie(), ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
      signal: controller.signal,
    });
    const frames: LiveFrame[] = [];
    let text = '';
    const decoder = new TextDecoder();
    let acted = false;
    try {
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const frame = readFrame(text.slice(0, end));
          text = text.slice(end + 2);
          if (frame) frames.push(frame);
        }
        if (act && !acted && frames.length > 0) {
          acted = true;
          await act();
        }
        if (enough(frames)) break;
      }
    } finally {
      controller.abort();
    }
    return frames;
  }

  /** Messages as a page that opens now would show them. */
  // biome-ignore lint/suspicious/noExplicitAny: see LiveFrame
  async messages(): Promise<any[]> {
    const [history] = await this.frames((frames) => frames.length > 0);
    return history!.data.messages;
  }
}

function readFrame(text: string): LiveFrame | undefined {
  const fields = new Map(text.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
  const event = fields.get('event');
  return event === undefined
    ? undefined
    : { event, id: fields.get('id'), data: JSON.parse(fields.get('data')!) };
}
