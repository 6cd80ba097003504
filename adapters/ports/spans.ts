/** A piece of work as tracing tools show it (OpenTelemetry); over, and never changed again. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Absent: the root of its trace. */
  readonly parentSpanId?: string;
  readonly name: string;
  /** `producer`: the record that others read goes out with it. */
  readonly kind: 'internal' | 'producer';
  /** ms since the epoch. */
  readonly startedAt: number;
  /** ms since the epoch; never before `startedAt`. */
  readonly endedAt: number;
  readonly attributes: SpanAttributes;
  readonly events: readonly {
    readonly name: string;
    readonly at: number;
    readonly attributes: SpanAttributes;
  }[];
  /** Spans of other traces that led to it. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Why it failed; absent: it did not. */
  readonly failure?: string;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** The collector will never take these spans. */
export class SpansRefused extends Error {
  override readonly name = 'SpansRefused';
}

export interface SpanExporter {
  /**
   * Resolves when the collector has them. Rejects with SpansRefused, or with another error when they may be sent again.
   * The same span sent twice is one span to whoever stores it by its id.
   */
  export(spans: readonly Span[]): Promise<void>;
  close(): Promise<void>;
}
