import { Counter, type Registry } from 'prom-client';

import type { RelayMetrics } from '../ports/metrics.js';

export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const published = new Counter({
    name: 'faultline_records_published_total',
    help: 'Outbox entries that the log has acknowledged.',
    labelNames: ['topic'],
    registers,
  });
  const refused = new Counter({
    name: 'faultline_records_refused_total',
    help: 'Outbox entries that the log will never take; each is told in the dead letters.',
    labelNames: ['topic'],
    registers,
  });
  return {
    recordsPublished: (topic, count) => {
      published.inc({ topic }, count);
      // So that the first refusal is a rise.
      refused.inc({ topic }, 0);
    },
    recordRefused: (topic) => {
      refused.inc({ topic });
    },
  };
}
