import { Counter, Histogram, type Registry } from 'prom-client';

import { operations } from '../../domain/command.js';
import type { ExecutorMetrics } from '../ports/metrics.js';
import { firstWord } from './first-word.js';

/** From a PATCH of some milliseconds to a reimage of hours. */
const effectBuckets = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200];

export function executorMetrics(registry: Registry): ExecutorMetrics {
  const registers = [registry];
  const attempted = new Histogram({
    name: 'faultline_effect_duration_seconds',
    help: 'Attempts at effects, by command and how the attempt ended.',
    labelNames: ['command', 'result'],
    buckets: effectBuckets,
    registers,
  });
  const settled = new Counter({
    name: 'faultline_commands_settled_total',
    help: 'Commands that have their result, whether anything had to be done or not.',
    labelNames: ['command', 'result'],
    registers,
  });
  const refused = new Counter({
    name: 'faultline_permits_refused_total',
    help: 'Times that the change guard said no; the command waits and asks again.',
    labelNames: ['operation', 'reason'],
    registers,
  });
  for (const operation of operations) {
    for (const reason of ['BudgetFull', 'NoFreshInventory', 'NodeNotInInventory']) {
      refused.inc({ operation, reason }, 0);
    }
  }
  return {
    effectAttempted: (command, result, durationMs) => {
      attempted.observe({ command, result }, Math.max(0, durationMs) / 1000);
    },
    commandSettled: (command, result) => {
      settled.inc({ command, result });
    },
    permitRefused: (operation, reason) => {
      refused.inc({ operation, reason: firstWord(reason) });
    },
  };
}
