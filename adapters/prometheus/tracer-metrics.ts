import { Counter, type Registry } from 'prom-client';

import type { TracerMetrics } from '../ports/metrics.js';

export function tracerMetrics(registry: Registry): TracerMetrics {
  const registers = [registry];
  const exported = new Counter({
    name: 'faultline_spans_exported_total',
    help: 'Spans of traces that the collector has taken.',
    registers,
  });
  const refused = new Counter({
    name: 'faultline_spans_refused_total',
    help: 'Spans that the collector will never take; they are left out.',
    registers,
  });
  return {
    spansExported: (count) => {
      exported.inc(count);
    },
    spansRefused: (count) => {
      refused.inc(count);
    },
  };
}
