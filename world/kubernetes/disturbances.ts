import type { JsonObject } from './kubernetes-object.js';
import { ApiRefusal } from './status.js';

/** What a disturbance can recognise a request by. */
export interface DisturbableRequest {
  readonly verb: string;
  readonly method: string;
  readonly path: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly user: string;
  readonly userAgent: string;
}

export interface Disturbance {
  readonly matches: (request: DisturbableRequest) => boolean;
  /** How many matching requests are disturbed. */
  readonly times: number;
  /** Whether the request takes effect before the client gets the disturbed answer. */
  readonly when: 'before-acting' | 'after-acting';
  /** A refusal, no answer at all until the client gives up, or a connection that breaks. */
  readonly answer:
    | {
        readonly kind: 'refusal';
        readonly code: 409 | 429 | 500 | 503 | 504;
        readonly retryAfterSeconds?: number;
      }
    | { readonly kind: 'silence' }
    | { readonly kind: 'disconnect' };
}

const reasons: Readonly<Record<number, string>> = {
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Keeps the disturbances that were ordered; the oldest that matches is used up first. */
export class Disturbances {
  #ordered: { readonly disturbance: Disturbance; left: number }[] = [];

  /** Returns how to take it back. */
  order(disturbance: Disturbance): () => void {
    const entry = { disturbance, left: disturbance.times };
    this.#ordered.push(entry);
    return () => {
      this.#ordered = this.#ordered.filter((other) => other !== entry);
    };
  }

  /** The disturbance that befalls this request, which counts as used. */
  take(request: DisturbableRequest): Disturbance | undefined {
    const entry = this.#ordered.find(({ disturbance }) => disturbance.matches(request));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#ordered = this.#ordered.filter((other) => other !== entry);
    return entry.disturbance;
  }
}

/** The refusal as the API server words it. */
export function refusalOf(code: number, retryAfterSeconds: number | undefined): ApiRefusal {
  const details: JsonObject = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new ApiRefusal(code, reasons[code], 'disturbed on purpose by the simulated API server', details);
}
