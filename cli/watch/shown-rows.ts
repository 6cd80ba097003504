import { apiVersion } from '../../services/console/forms/form.js';
import type { WatchedRow } from '../forms/watched-row.js';
import { printView, type OutputFormat, type View } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import type { Condition } from './condition.js';

/** What every row says. */
export interface Placed {
  readonly cluster: string;
  readonly node: string;
}

interface Shown<Row> {
  readonly row: Row;
  readonly text: string;
}

/** Rows that have been shown, as they were then: what has not changed is not shown again. */
export class ShownRows<Row extends Placed> {
  readonly #terminal: Terminal;
  readonly #format: OutputFormat;
  readonly #view: () => View<{ readonly items: readonly Row[] }, Row>;
  readonly #shown = new Map<string, Shown<Row>>();

  constructor(
    terminal: Terminal,
    format: OutputFormat,
    view: () => View<{ readonly items: readonly Row[] }, Row>,
  ) {
    this.#terminal = terminal;
    this.#format = format;
    this.#view = view;
  }

  isShown(row: Row): boolean {
    return this.#shown.has(this.#view().nameOf(row));
  }

  /** The list with which it begins. */
  begin(rows: readonly Row[]): void {
    this.#show('listed', rows);
    if (rows.length === 0) this.#terminal.err(`${this.#view().whenEmpty}\n`);
  }

  /** All rows of these nodes, as they are now. */
  update(nodes: readonly string[], rows: readonly Row[]): void {
    const { nameOf } = this.#view();
    const present = new Set(rows.map(nameOf));
    for (const [name, { row }] of this.#shown) {
      if (nodes.includes(`${row.cluster}/${row.node}`) && !present.has(name)) this.#forget(name);
    }
    this.#show(
      'changed',
      rows.filter((row) => this.#shown.get(nameOf(row))?.text !== JSON.stringify(row)),
    );
  }

  meets({ isMet, isMetByNone }: Condition<Row>): boolean {
    const rows = [...this.#shown.values()];
    return rows.length === 0 ? isMetByNone === true : rows.every(({ row }) => isMet(row));
  }

  /** Why it can't be met any more. */
  missed({ isMet, missed }: Condition<Row>): string | undefined {
    for (const { row } of this.#shown.values()) {
      const why = isMet(row) ? undefined : missed?.(row);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  #show(change: WatchedRow['change'], rows: readonly Row[]): void {
    const view = this.#view();
    for (const row of rows) this.#shown.set(view.nameOf(row), { row, text: JSON.stringify(row) });
    if (rows.length === 0) return;
    if (this.#format === 'json') for (const row of rows) this.#tell({ change, name: view.nameOf(row), row });
    else printView(this.#terminal, this.#format, { items: rows }, view);
  }

  #forget(name: string): void {
    this.#shown.delete(name);
    if (this.#format === 'json') this.#tell({ change: 'gone', name });
    else this.#terminal.err(`gone: ${name}\n`);
  }

  #tell(said: Pick<WatchedRow, 'change' | 'name'> & { readonly row?: Row }): void {
    this.#terminal.out(`${JSON.stringify({ apiVersion, kind: 'WatchedRow', ...said })}\n`);
  }
}
