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

/** Clusters that are not configured can't be what anything is about. */
export function checkClusters(
  context: Compilation,
  path: KeyPath,
  where: Where,
  configured: readonly string[],
): void {
  for (const [index, cluster] of (where.clusters ?? []).entries())
    if (!configured.includes(cluster))
      context.problem(
        [...path, 'where', 'clusters', index],
        `there is no cluster ${cluster}: known are ${configured.join(', ')}`,
      );
}

/** The same places and faults in one order, whatever order they are written in. */
export function plainWhere({ labels = {}, ...lists }: Where): object {
  const sorted = (named: Readonly<Record<string, readonly string[] | undefined>>): object =>
    Object.fromEntries(
      Object.entries(named).map(([name, values]) => [name, values && [...new Set(values)].sort()]),
    );
  return { ...sorted(lists), labels: sorted(labels) };
}
