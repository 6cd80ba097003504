import type { Operation } from '../../../domain/command.js';
import type { Where } from '../../../domain/where.js';

/** How well the business does, and when it does too badly for changes. */
export interface BusinessMetric {
  /** Unique. */
  readonly name: string;
  /** PromQL that gives one number. */
  readonly query: string;
  readonly better: 'higher' | 'lower';
  /** Never worse than this. */
  readonly limit?: number;
  readonly baseline?: Baseline;
  /** Nothing to judge by, for whatever reason: changes stop, or go on. */
  readonly noData: 'stop' | 'go';
  /** Which changes stop. */
  readonly where: Where;
  /** Undefined: whatever needs leave. */
  readonly operations?: readonly Operation[];
  /** Not good for so long, and a person is asked about what is under way, ms. */
  readonly askAfterMs: number;
  /** Good for so long, and changes go on, ms. */
  readonly goodForMs: number;
}

/** Not much worse than it was before. */
export interface Baseline {
  /** The time that it is compared with ended so long ago… */
  readonly agoMs: number;
  /** …and lasted so long, ms. Its median is the baseline. */
  readonly overMs: number;
  /** It may be worse by this part of the baseline (0 to 1) or by this much, whichever is more. */
  readonly share: number;
  readonly margin: number;
}
