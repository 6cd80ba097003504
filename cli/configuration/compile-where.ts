import type { Where } from '../../domain/where.js';
import type { Compilation } from './compilation.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

/** Labels that nodes are not asked for can't be what a limit is about. */
export function checkLabel(
  context: Compilation,
  path: KeyPath,
  label: string,
  labels: readonly string[],
): void {
  if (!labels.includes(label))
    context.problem(path, `the label ${label} is not kept of nodes: add it to guard.labels`);
}

export function compileWhere(
  context: Compilation,
  path: KeyPath,
  where: ConfigurationFile['guard']['budgets'][number]['where'],
  labels: readonly string[],
): Where {
  for (const label of Object.keys(where.labels ?? {}))
    checkLabel(context, [...path, 'where', 'labels', label], label, labels);
  return where;
}
