import { stringify } from 'yaml';

import type { Terminal } from '../terminal.js';
import { renderTable, type Column } from './table.js';

export const outputFormats = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** How a document is shown to people, and which of its parts are rows. */
export interface View<Document, Row> {
  readonly rows: (document: Document) => readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What `-o name` prints per row; other commands take it as argument. */
  readonly nameOf: (row: Row) => string;
  /** Said on stderr when there are no rows. */
  readonly whenEmpty: string;
}

/** The document in the format asked for: rows for people, all of it for programs. */
export function printView<Document, Row>(
  terminal: Terminal,
  format: OutputFormat,
  document: Document,
  view: View<Document, Row>,
  { eachOnOneLine = false }: { readonly eachOnOneLine?: boolean } = {},
): void {
  if (format === 'json' || format === 'yaml') {
    printDocument(terminal, eachOnOneLine && format === 'json' ? 'jsonl' : format, document);
    return;
  }
  const rows = view.rows(document);
  if (format === 'jsonl') terminal.out(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  else if (format === 'name') terminal.out(rows.map((row) => `${view.nameOf(row)}\n`).join(''));
  else if (rows.length === 0) terminal.err(`${view.whenEmpty}\n`);
  else terminal.out(renderTable(view.columns, rows, { wide: format === 'wide', colour: terminal.colour }));
}

/** The whole document: as YAML, on one line, or in whatever other format as JSON. */
export function printDocument(terminal: Terminal, format: OutputFormat, document: unknown): void {
  if (format === 'yaml') terminal.out(stringify(document, { aliasDuplicateObjects: false }));
  else if (format === 'jsonl') terminal.out(`${JSON.stringify(document)}\n`);
  else terminal.out(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** A document without rows: for people it is YAML. */
export function printWhole(terminal: Terminal, format: OutputFormat, document: unknown): void {
  printDocument(terminal, format === 'json' || format === 'jsonl' ? format : 'yaml', document);
}
