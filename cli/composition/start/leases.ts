import type { NodeLeases } from '../../../adapters/ports/node-lease.js';
import type { ClusterName } from '../../../domain/identifiers.js';
import { keepLeases } from '../../../services/guard/keep-leases.js';
import { supervised, supervisionOf, type RunningService, type ServiceContext } from './running-service.js';

/** Of one cluster. Runs with every executor: it keeps what that has taken. */
export function startLeases(
  context: ServiceContext,
  cluster: ClusterName,
  leases: NodeLeases,
): RunningService {
  const { changeBook: changes, history } = context.connections.journal;
  const name = `leases of ${cluster}`;
  const supervision = supervisionOf(context, name);
  const keep = { ...supervision, ...{ cluster, leases, changes, history } };
  const ended = context.looks.over(cluster, context.signal).then(() => keepLeases(keep));
  return supervised(name, ended, supervision);
}
