import { Counter, Histogram, type Registry } from 'prom-client';

import { inputTopics } from '../../schemas/catalog.js';
import type { MaintenanceMetrics } from '../ports/metrics.js';

const waitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300, 3_600];
const setAsideReasons = ['parked', 'waits-for-parked-node', 'undecodable', 'not-storable'];

export function maintenanceMetrics(registry: Registry): MaintenanceMetrics {
  const registers = [registry];
  const decided = new Counter({
    name: 'faultline_inputs_decided_total',
    help: 'Inputs that were decided.',
    labelNames: ['topic'],
    registers,
  });
  const setAside = new Counter({
    name: 'faultline_inputs_set_aside_total',
    help: 'Inputs that were not decided: their node was parked by them or before, or they are dead letters.',
    labelNames: ['topic', 'reason'],
    registers,
  });
  const facts = new Counter({ name: 'faultline_facts_total', help: 'Facts that were journaled.', registers });
  const wait = new Histogram({
    name: 'faultline_input_wait_seconds',
    help: 'From the append of the oldest input of a batch until the batch was decided.',
    labelNames: ['topic'],
    buckets: waitBuckets,
    registers,
  });
  for (const topic of inputTopics) {
    decided.inc({ topic }, 0);
    wait.zero({ topic });
    for (const reason of setAsideReasons) setAside.inc({ topic, reason }, 0);
  }
  return {
    inputsAdvanced: (topic, result, waitedMs) => {
      decided.inc({ topic }, result.decided);
      facts.inc(result.facts);
      setAside.inc({ topic, reason: 'parked' }, result.parked);
      setAside.inc({ topic, reason: 'waits-for-parked-node' }, result.waiting);
      setAside.inc({ topic, reason: 'not-storable' }, result.deadLettered);
      // Clocks differ a little: what was appended just now may seem to come from the future.
      wait.observe({ topic }, Math.max(0, waitedMs) / 1000);
    },
    recordsUndecodable: (topic, count) => {
      setAside.inc({ topic, reason: 'undecodable' }, count);
    },
  };
}
