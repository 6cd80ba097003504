import { createPrometheusMetrics } from '../adapters/prometheus/prometheus-metrics.js';

/** docs/operations/metrics.md */
export function metricsDocument(): string {
  const metrics = createPrometheusMetrics({ version: '0', clusters: [] });
  metrics.showFigures();
  const rows = metrics
    .catalog()
    .filter(({ name }) => name.startsWith('faultline_'))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`);
  return [
    '# Metrics',
    '',
    'Generated from `adapters/prometheus/`. Every process serves `/metrics` on its HTTP listener, in the Prometheus text',
    'format, together with the usual `process_` and `nodejs_` metrics (event-loop lag, memory, handles).',
    '',
    'Counters and histograms are those of one process: sum them over copies. Gauges of what journal and log hold are the same',
    'in every copy that shows them (those that run `maintenance` or `console`): take the greatest, never the sum. They are',
    'counted when somebody scrapes, at most every 5 s by one process, on a connection of its own, by statements that end',
    'after 5 s; `faultline_figures_age_seconds` tells how old they are. No label holds the name of a node.',
    '',
    '| metric | type | labels | what |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
