/** What a subscriber by webhook answered. */
export type EndpointAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** `Retry-After` and `Location` as they came. */
      readonly retryAfter?: string;
      readonly location?: string;
      /** Beginning of the body. */
      readonly text: string;
    }
  /** Nothing was heard within the time given, though it may have been taken. */
  | { readonly kind: 'timeout' }
  /** No connection, or one that broke. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Where the events of one subscriber go. */
export interface EventEndpoint {
  /**
   * Sends one request; resolves with the answer as soon as its status is known, whatever it is. Follows no redirect: it would
   * carry signed events to an address that nobody configured. Never rejects.
   */
  post(headers: Readonly<Record<string, string>>, body: Buffer): Promise<EndpointAnswer>;
  close(): Promise<void>;
}
