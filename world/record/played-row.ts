import type { Remedy } from '../machines/fault.js';
import type { RecordRow } from './row.js';

/** One report or alert as it was posted. */
export interface PostedReport {
  readonly kind: 'report' | 'alert';
  readonly status: 'firing' | 'cleared';
  /** World's clock, ms. */
  readonly postedAt: number;
  /** Of intake's answer; undefined until it came. */
  readonly accepted: readonly string[] | undefined;
  readonly rejected: readonly string[] | undefined;
  /** Wall time of that answer, ms. */
  readonly answeredAtWall: number | undefined;
}

/** What became of one row in the world. What Faultline made of it is for others to find. */
export interface PlayedRow {
  readonly row: RecordRow;
  /** Node name. */
  readonly machine: string;
  /** The fault type it is reported as, by whoever reports it. */
  readonly type: string;
  /** `condition` and `silence` are not posted: they are seen on the Node, or not at all. */
  readonly announcedBy: 'kernel-log' | 'agent' | 'alert' | 'condition' | 'silence';
  /** World's clock, ms; undefined: not yet. */
  readonly shownAt: number | undefined;
  /** False: the machine was down when it showed, and has not come up with the fault since. */
  readonly seen: boolean;
  readonly endedAt: number | undefined;
  readonly endedBy: Remedy | 'itself' | undefined;
  readonly posts: readonly PostedReport[];
}
