import Table from 'cli-table3';
import type { Distribution } from './figures.js';
import type { BenchResult } from './bench-result.js';

/** The result for people. */
export function resultTable({ machine, parts }: BenchResult): string {
  const table = new Table({ head: ['part', 'figure', 'value'], style: { head: [], border: [] } });
  for (const { name, figures, target, met } of parts) {
    for (const [figure, value] of Object.entries(figures)) table.push([name, figure, valueText(value)]);
    table.push([name, 'target', `${met ? 'met' : 'NOT MET'}: ${target}`]);
  }
  const place = Object.entries(machine)
    .map(([what, value]) => `${what} ${value}`)
    .join(', ');
  return `${table.toString()}\n${place}`;
}

function valueText(value: number | string | Distribution): string {
  if (typeof value !== 'object') return String(value);
  const { count, minimum, p50, p95, p99, maximum } = value;
  return `p50 ${p50}, p95 ${p95}, p99 ${p99}, ${minimum} to ${maximum}, n=${count}`;
}
