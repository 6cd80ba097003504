import type { ExecutorSettings } from '../../../services/executor/settings.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
import { poolWithholds } from '../../../workflows/policy.js';
import type { Configuration } from '../../configuration/configuration.js';

/** The executor as configured; which installation it is for is not in the file. */
export function executorSettings({
  clusters,
  policy,
  executor,
  drivers,
}: Configuration): Omit<ExecutorSettings, 'installation'> {
  return {
    ...defaultExecutorSettings,
    byCluster: Object.fromEntries(
      clusters.map(({ name, poolLabel, allowControlPlane }) => [
        name,
        { poolLabel, isolateProtectedNodes: allowControlPlane },
      ]),
    ),
    poolWithholds: (pool) => poolWithholds(policy, pool),
    concurrency: executor.concurrency,
    leaseMs: executor.attemptLeaseMs,
    pollMs: drivers.redfish.observeEveryMs,
    powerDeadlineMs: drivers.redfish.observeDeadlineMs,
  };
}
