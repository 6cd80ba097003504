import { Counter, type Registry } from 'prom-client';

import { operations } from '../../domain/command.js';
import type { ChangeMetrics } from '../ports/metrics.js';

export function changeMetrics(registry: Registry): ChangeMetrics {
  const lost = new Counter({
    name: 'faultline_changes_lost_total',
    help: 'Changes of others whose leave was taken back, since their client gave no sign of life in time.',
    labelNames: ['operation'],
    registers: [registry],
  });
  const regressed = new Counter({
    name: 'faultline_changes_regressed_total',
    help: 'Changes of others that were said to have succeeded, and whose nodes were not well while they were watched.',
    labelNames: ['operation'],
    registers: [registry],
  });
  // One that first appears with 1 has not grown, for whoever asks by how much.
  for (const operation of operations) {
    lost.inc({ operation }, 0);
    regressed.inc({ operation }, 0);
  }
  return {
    changeLost: (operation) => {
      lost.inc({ operation });
    },
    changeRegressed: (operation) => {
      regressed.inc({ operation });
    },
  };
}
