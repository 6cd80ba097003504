import Table from 'cli-table3';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Only with `-o wide`. */
  readonly wide?: true;
  /** Colour never says more than the word does. */
  readonly colour?: (row: Row) => 'red' | 'yellow' | 'green' | undefined;
}

const ansi = { red: 31, yellow: 33, green: 32 } as const;

function coloured<Row>(column: Column<Row>, row: Row, colour: boolean): string {
  const text = printable(column.text(row));
  const name = colour ? column.colour?.(row) : undefined;
  return name === undefined ? text : `\u001b[${ansi[name]}m${text}\u001b[0m`;
}

/** Text of others (reasons, sources) must not move the cursor or forge a second row. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u{FFFD}');
}

const borderless = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((edge) => [edge, edge === 'middle' ? '   ' : '']),
);

/** Rows under upper-case titles, as kubectl shows them; no trailing blanks. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { wide, colour }: { readonly wide: boolean; readonly colour: boolean },
): string {
  const shown = columns.filter((column) => wide || column.wide === undefined);
  const table = new Table({
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    head: shown.map(({ title }) => title),
  });
  for (const row of rows) table.push(shown.map((column) => coloured(column, row, colour)));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
