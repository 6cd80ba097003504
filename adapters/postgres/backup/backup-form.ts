import { createHash, type Hash } from 'node:crypto';

/**
 * The file that an installation is kept in, described in docs/operations/backup.md: lines of JSON. The first is the
 * head, the last the end; a table or sequence is named by a line of its own, and its rows follow, each in brackets.
 */
export interface BackupHead {
  /** `faultline-backup/1`; another one when an older Faultline could not read it. */
  readonly form: string;
  /** Of the Faultline that wrote it. */
  readonly version: string;
  /** ms */
  readonly takenAt: number;
  readonly installation: BackedUpInstallation;
  readonly parts: readonly BackedUpPart[];
}

export interface BackedUpInstallation {
  readonly id: string;
  readonly epoch: number;
  readonly partitionCount: number;
}

/** Tables of one schema, at a state of their migrations. */
export interface BackedUpPart {
  readonly part: PartName;
  readonly migrations: readonly { readonly file: string; readonly sha256: string }[];
}

export const partNames = ['journal', 'event-log'] as const;
export type PartName = (typeof partNames)[number];

export const schemaOfPart: Readonly<Record<PartName, string>> = {
  journal: 'journal',
  'event-log': 'event_log',
};

/** Who reads which partition at the moment, and which log this is, are of the running log and not of its records; the others are made by triggers. */
export const notBackedUp = [
  'event_log.log_member',
  'event_log.log_ownership',
  'event_log.log_identity',
  'journal.node_service',
  'journal.out_of_service',
];

export type BackupLine =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'sequence'; readonly sequence: string; readonly value: string }
  /** JSON of one row, as PostgreSQL wrote it: never parsed here, so that no number loses digits. */
  | { readonly kind: 'row'; readonly json: string }
  | { readonly kind: 'end'; readonly rows: number; readonly sha256: string };

/** The file is no backup, is cut off or was changed, or can't be taken into this database. Nothing was changed. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/** Digest of all lines before the end. */
export class BackupDigest {
  readonly #hash: Hash = createHash('sha256');
  rows = 0;

  add(line: string): void {
    if (line.startsWith('[')) this.rows += 1;
    this.#hash.update(line).update('\n');
  }

  end(): { readonly rows: number; readonly sha256: string } {
    return { rows: this.rows, sha256: this.#hash.digest('hex') };
  }
}

/** Throws BackupRefused for a line that no backup of this form has. */
export function readBackupLine(line: string): BackupLine {
  if (line.startsWith('[') && line.endsWith(']')) return { kind: 'row', json: line.slice(1, -1) };
  const { head, table, sequence, value, end } = parsed(line);
  if (head !== undefined) return { kind: 'head', head };
  if (table !== undefined) return { kind: 'table', table };
  if (sequence !== undefined && value !== undefined) return { kind: 'sequence', sequence, value };
  if (end !== undefined) return { kind: 'end', ...end };
  throw new BackupRefused(`no line of a backup: ${line.slice(0, 80)}`);
}

interface ParsedLine {
  readonly head?: BackupHead;
  readonly table?: string;
  readonly sequence?: string;
  readonly value?: string;
  readonly end?: { readonly rows: number; readonly sha256: string };
}

function parsed(line: string): ParsedLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
