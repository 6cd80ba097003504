import { runExecutor } from '../../services/executor/executor.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import { clusterName } from '../world/site.js';
import { startDetector } from './detector.js';
import { silent } from './ports.js';
import type { Start } from './running.js';

export const startExecutor: Start = ({ settings, store }, ports) => {
  const { journal, cluster, power, tickets, actions, clock, supervision } = ports;
  const { ended } = runExecutor({
    queue: journal.commands,
    clusters: new Map<string, typeof cluster>([[clusterName, cluster]]),
    power,
    tickets,
    actions,
    guard: createChangeGuard({ inventory: journal.inventory, policy: settings.guard }),
    clock,
    randomness: supervision.randomness,
    settings: { ...settings.executor, installation: store.installation.id },
    signal: supervision.signal,
    log: silent,
  });
  return { ended, subscriptions: [] };
};

/** Both in one process, as where all services run together: the executor acts by what the detector's watch saw. */
export const startExecutorWithDetector: Start = (installation, ports) => {
  const both = [startExecutor(installation, ports), startDetector(installation, ports)];
  return { ended: Promise.all(both.map(({ ended }) => ended)), subscriptions: [] };
};
