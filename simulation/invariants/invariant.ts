import type { Happening } from '../world/happening.js';

/** What must always hold (DESIGN section 5), judged by what an outsider sees. */
export interface Invariant {
  /** As a sentence. */
  readonly name: string;
  /** Why it no longer holds after this; undefined: it holds. */
  readonly after?: (happening: Happening, at: number) => string | undefined;
  /** Everything has come to rest: what is missing now will never come. */
  readonly atRest?: () => string | undefined;
}
