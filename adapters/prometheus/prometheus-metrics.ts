import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

import type { ServiceMetrics } from '../ports/metrics.js';
import { registryProblems } from '../ports/schema-ids.js';
import type { SchemaProblem } from '../schema-registry/counted.js';
import { archiveMetrics } from './archive-metrics.js';
import { carriedMetrics } from './carried-metrics.js';
import { changeMetrics } from './change-metrics.js';
import { executorMetrics } from './executor-metrics.js';
import { FigureMetrics } from './figure-metrics.js';
import { guardPolicyMetrics } from './guard-policy-metrics.js';
import { intakeMetrics } from './intake-metrics.js';
import { maintenanceMetrics } from './maintenance-metrics.js';
import { nodeStateMetrics } from './node-state-metrics.js';
import { relayMetrics } from './relay-metrics.js';
import { streamMetrics } from './stream-metrics.js';
import { tracerMetrics } from './tracer-metrics.js';
import { webhookMetrics } from './webhook-metrics.js';

/** By their names in the port. */
const schemaProblems: readonly SchemaProblem[] = [...registryProblems, 'unknownId'];

export interface PrometheusOptions {
  /** Of Faultline. */
  readonly version: string;
  readonly clusters: readonly { readonly name: string; readonly mode: string }[];
}

/** One process as Prometheus sees it. */
export interface PrometheusMetrics {
  readonly services: ServiceMetrics;
  /** To be called once, by a process that counts journal and log. */
  showFigures(): FigureMetrics;
  /** A part of this process is at work, or not just now. */
  serviceReady(service: string, ready: boolean): void;
  /** How often each problem with a schema has occurred in this process. */
  schemaProblems(problems: ReadonlyMap<SchemaProblem, number>): void;
  /** The text format 0.0.4. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Every metric: for documents and for holding alerts against. */
  catalog(): readonly MetricDescription[];
}

export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** How exactly the event loop is measured: finer would wake an idle process more often than its work does. */
const eventLoopPrecisionMs = 50;

function describe(metric: ReturnType<Registry['getMetricsAsArray']>[number]): MetricDescription {
  const { name, type, help } = metric;
  const labels: unknown = 'labelNames' in metric ? metric.labelNames : [];
  // The library's types call the type a number; it is the word.
  return { name, type: String(type), help, labels: Array.isArray(labels) ? labels.map(String) : [] };
}

/** The library writes `Nan`, which the format does not know: of an event loop that was not measured since the last look. */
function asSpecified(text: string): string {
  return text.replaceAll(/ Nan$/gm, ' NaN');
}

/** A registry of its own: several installations may run in one process. */
export function createPrometheusMetrics({ version, clusters }: PrometheusOptions): PrometheusMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });
  new Gauge({
    name: 'faultline_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.versions.node }, 1);
  const mode = new Gauge({
    name: 'faultline_cluster_mode',
    help: '1 for the mode that the configuration of this copy gives a cluster.',
    labelNames: ['cluster', 'mode'],
    registers,
  });
  for (const cluster of clusters) {
    for (const name of ['observe', 'active'])
      mode.set({ cluster: cluster.name, mode: name }, cluster.mode === name ? 1 : 0);
  }
  const ready = new Gauge({
    name: 'faultline_service_ready',
    help: '1 while a part of this process can work, else 0; why not is in /readyz.',
    labelNames: ['service'],
    registers,
  });
  const schemaErrors = new Counter({
    name: 'faultline_schema_errors_total',
    help: 'Questions for a schema or its id that were not answered: the registry was away, silent, denied us, or has no such schema.',
    labelNames: ['problem'],
    registers,
  });
  // So that the first error is a rise.
  for (const problem of schemaProblems) schemaErrors.inc({ problem }, 0);
  return {
    services: {
      ...intakeMetrics(registry),
      ...maintenanceMetrics(registry),
      ...executorMetrics(registry),
      ...changeMetrics(registry),
      ...guardPolicyMetrics(registry),
      ...relayMetrics(registry),
      ...streamMetrics(registry),
      ...tracerMetrics(registry),
      ...webhookMetrics(registry),
      ...nodeStateMetrics(registry),
      ...archiveMetrics(registry),
      ...carriedMetrics(registry),
    },
    showFigures: () =>
      new FigureMetrics(
        registry,
        clusters.map(({ name }) => name),
      ),
    serviceReady: (service, isReady) => {
      ready.set({ service }, isReady ? 1 : 0);
    },
    schemaProblems: (counted) => {
      schemaErrors.reset();
      for (const problem of schemaProblems) schemaErrors.inc({ problem }, counted.get(problem) ?? 0);
    },
    render: async () => ({ contentType: registry.contentType, text: asSpecified(await registry.metrics()) }),
    catalog: () => registry.getMetricsAsArray().map(describe),
  };
}
