import { Counter, Gauge, type Registry } from 'prom-client';

import type { NodeStateMetrics } from '../ports/metrics.js';

export function nodeStateMetrics(registry: Registry): NodeStateMetrics {
  const registers = [registry];
  let look: () => number = () => 0;
  new Gauge({
    name: 'faultline_node_state_lag_seconds',
    help: 'Age of the oldest change of a node that its state on node.state does not show yet; 0: there is none, or another copy tells.',
    registers,
    collect() {
      this.set(look() / 1000);
    },
  });
  const told = new Counter({
    name: 'faultline_node_states_told_total',
    help: 'States of nodes that were written to node.state.',
    registers,
  });
  return {
    nodeStatesLag: (given) => {
      look = given;
    },
    nodeStatesTold: (count) => {
      told.inc(count);
    },
  };
}
