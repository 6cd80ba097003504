/** Hears that there may be something new, and misses nothing that comes between a look and the wait after it. */
export interface NewsReader {
  /** To be called right before looking. */
  looking(): void;
  /** Resolves when there may be something that the latest look did not see, or at abort. Never rejects. */
  changed(signal: AbortSignal): Promise<void>;
}
