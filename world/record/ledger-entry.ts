import type { FaultKind } from './fault-kind.js';
import type { IntakeAnswer } from './intake-sender.js';
import type { PlayedRow, PostedReport } from './played-row.js';
import type { RecordRow } from './row.js';

/** A row while it is played; `snapshot` is what others see. */
export class LedgerEntry {
  readonly row: RecordRow;
  readonly machine: string;
  readonly kind: FaultKind;
  shownAt: number | undefined;
  seen = false;
  endedAt: number | undefined;
  endedBy: PlayedRow['endedBy'];
  readonly #posts: PostedReport[] = [];

  constructor(row: RecordRow, machine: string, kind: FaultKind) {
    this.row = row;
    this.machine = machine;
    this.kind = kind;
  }

  /** Notes a post; the returned function takes intake's answer. */
  posted(post: Pick<PostedReport, 'kind' | 'status' | 'postedAt'>): (answer: IntakeAnswer) => void {
    const index =
      this.#posts.push({ ...post, accepted: undefined, rejected: undefined, answeredAtWall: undefined }) - 1;
    return ({ accepted, rejected, answeredAtWall }) => {
      this.#posts[index] = { ...post, accepted, rejected, answeredAtWall };
    };
  }

  snapshot(): PlayedRow {
    const { row, machine, kind, shownAt, seen, endedAt, endedBy } = this;
    const announcedBy = kind.announcement.by;
    return {
      row,
      machine,
      type: kind.type,
      announcedBy,
      shownAt,
      seen,
      endedAt,
      endedBy,
      posts: [...this.#posts],
    };
  }
}
