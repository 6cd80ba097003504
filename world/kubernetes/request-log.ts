/** One write as the server saw it: what an outside observer counts effects by. */
export interface LoggedRequest {
  /** RBAC's word: create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Plural of the resource; empty for paths that are none. */
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly userAgent: string;
  readonly user: string;
  readonly contentType: string;
  /** As it was sent. */
  readonly body: string;
  /** What the client was answered with; 0 when it got no answer. */
  readonly code: number;
  /** UID of the object that was written or refused, when there was one. */
  readonly uid: string | undefined;
  /** Milliseconds, world's time and wall time. */
  readonly worldTime: number;
  readonly wallTime: number;
}

/** Every write in the order of its answer. Reads are not kept. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #onRequest: (request: LoggedRequest) => void;

  constructor(onRequest: (request: LoggedRequest) => void) {
    this.#onRequest = onRequest;
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(request: LoggedRequest): void {
    this.#entries.push(request);
    this.#onRequest(request);
  }
}
