import type { Terminal } from '../terminal.js';
import { printView, type OutputFormat, type View } from './print.js';

/** Rows that are new or differ from last time; those that left are told on stderr. Returns what is known now, by name. */
export function printChanges<Row>(
  terminal: Terminal,
  format: OutputFormat,
  document: { readonly items: readonly Row[] },
  view: View<{ readonly items: readonly Row[] }, Row>,
  known: ReadonlyMap<string, string>,
): Map<string, string> {
  const present = new Map(document.items.map((row) => [view.nameOf(row), JSON.stringify(row)]));
  const changed = document.items.filter((row) => known.get(view.nameOf(row)) !== JSON.stringify(row));
  for (const name of known.keys()) if (!present.has(name)) terminal.err(`gone: ${name}\n`);
  if (changed.length > 0) printView(terminal, format, { ...document, items: changed }, view);
  return present;
}
