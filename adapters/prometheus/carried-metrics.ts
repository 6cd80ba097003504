import { Counter, type Registry } from 'prom-client';

import { migrationStatuses, orderKinds } from '../../domain/signal.js';
import type { CarriedMetrics } from '../ports/metrics.js';

export function carriedMetrics(registry: Registry): CarriedMetrics {
  const registers = [registry];
  const reported = new Counter({
    name: 'faultline_detector_reports_total',
    help: 'Reports that the detector made of what it saw in a cluster.',
    labelNames: ['cluster'],
    registers,
  });
  const replied = new Counter({
    name: 'faultline_migrator_replies_total',
    help: 'Answers of the migrator about pods that were to move.',
    labelNames: ['status'],
    registers,
  });
  for (const status of migrationStatuses) replied.inc({ status }, 0);
  const ordered = new Counter({
    name: 'faultline_orders_given_total',
    help: 'Orders of people that were written to the log by this copy.',
    labelNames: ['order'],
    registers,
  });
  for (const order of orderKinds) ordered.inc({ order }, 0);
  return {
    detectorReported: (cluster) => {
      reported.inc({ cluster });
    },
    podReplied: (status) => {
      replied.inc({ status });
    },
    orderGiven: (order) => {
      ordered.inc({ order });
    },
  };
}
