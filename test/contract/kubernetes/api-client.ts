import { Agent, fetch } from 'undici';

export interface ServerAccess {
  readonly baseUrl: string;
  readonly token: string;
  /** PEM of the certificate to trust; absent for plain HTTP. */
  readonly ca?: string;
}

export interface Answer {
  readonly code: number;
  readonly headers: { get(name: string): string | null };
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

export interface WatchLine {
  readonly type: string;
  readonly object: unknown;
}

export interface RequestOptions {
  readonly contentType?: string;
  /** Null sends no Authorization header at all. */
  readonly token?: string | null;
}

export const jsonPatch = 'application/json-patch+json';
export const mergePatch = 'application/merge-patch+json';
export const strategicMergePatch = 'application/strategic-merge-patch+json';

/** Plain HTTP, without any knowledge of Kubernetes: the same bytes go to both servers. */
export class ApiClient {
  readonly #access: ServerAccess;
  readonly #agent: Agent;

  constructor(access: ServerAccess) {
    this.#access = access;
    this.#agent = new Agent(access.ca === undefined ? {} : { connect: { ca: access.ca } });
  }

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.request('GET', path, undefined, options);
  }

  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('POST', path, body, options);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.request('PUT', path, body);
  }

  patch(path: string, contentType: string, body: unknown): Promise<Answer> {
    return this.request('PATCH', path, body, { contentType });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.request('DELETE', path, body);
  }

  /** Sends a text body as it is, anything else as JSON. */
  async request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer> {
    const response = await fetch(this.#access.baseUrl + path, {
      method,
      dispatcher: this.#agent,
      headers: this.#headers(body, options),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { code: response.status, headers: response.headers, body: parsed(text) };
  }

  /** The lines of a watch until `enough` says so or the server ends it. */
  async watch(path: string, enough: (lines: readonly WatchLine[]) => boolean): Promise<readonly WatchLine[]> {
    const abort = new AbortController();
    const response = await fetch(this.#access.baseUrl + path, {
      dispatcher: this.#agent,
      headers: this.#headers(undefined, {}),
      signal: abort.signal,
    });
    const lines: WatchLine[] = [];
    let rest = '';
    for await (const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(
      new TextDecoderStream(),
    )) {
      const pieces = (rest + chunk).split('\n');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) {
        const line = parsed(piece);
        if (isWatchLine(line)) lines.push(line);
      }
      if (enough(lines)) break;
    }
    abort.abort();
    return lines;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #headers(
    body: unknown,
    { token = this.#access.token, contentType }: RequestOptions,
  ): Record<string, string> {
    return {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      'user-agent': 'contract-cases',
    };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isWatchLine(value: unknown): value is WatchLine {
  return typeof value === 'object' && value !== null && 'type' in value && 'object' in value;
}
