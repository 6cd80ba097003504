import { Counter, Histogram, type Registry } from 'prom-client';

import type { RelayMetrics } from '../ports/metrics.js';

export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const published = new Counter({
    name: 'faultline_records_published_total',
    help: 'Outbox entries that the log has acknowledged.',
    labelNames: ['topic'],
    registers,
  });
  const age = new Histogram({
    name: 'faultline_publish_age_seconds',
    help: 'From when the oldest event of a batch happened until the log had it, by topic.',
    labelNames: ['topic'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    registers,
  });
  const refused = new Counter({
    name: 'faultline_records_refused_total',
    help: 'Outbox entries that the log will never take; each is told in the dead letters.',
    labelNames: ['topic'],
    registers,
  });
  return {
    recordsPublished: (topic, count, ageMs) => {
      published.inc({ topic }, count);
      if (ageMs !== undefined) age.observe({ topic }, Math.max(0, ageMs) / 1000);
      // So that the first refusal is a rise.
      refused.inc({ topic }, 0);
    },
    recordRefused: (topic) => {
      refused.inc({ topic });
    },
  };
}
