import { Gauge, type Registry } from 'prom-client';

import type { GuardPolicyMetrics } from '../ports/metrics.js';

export function guardPolicyMetrics(registry: Registry): GuardPolicyMetrics {
  const registers = [registry];
  const inForce = new Gauge({
    name: 'faultline_guard_policy_info',
    help: 'Always 1; the label says by which version of the guard policy this process goes.',
    labelNames: ['version'],
    registers,
  });
  const refused = new Gauge({
    name: 'faultline_guard_policy_refused',
    help: '1 while the file holds a guard policy that this process refuses, so that an older one is in force.',
    registers,
  });
  return {
    policyInForce: (version) => {
      inForce.reset();
      inForce.set({ version }, 1);
    },
    policyRefused: (isRefused) => {
      refused.set(isRefused ? 1 : 0);
    },
  };
}
