import { watchFleet } from '../../../services/guard/watch-fleet.js';
import {
  sendSignal,
  supervised,
  supervisionOf,
  type RunningService,
  type ServiceContext,
} from './running-service.js';

/** Runs with every executor: whoever acts also watches that it is not too much. */
export function startFleetGuard(context: ServiceContext): RunningService {
  const { configuration, connections } = context;
  const { guardBook: book, changeBook: changes, inventory } = connections.journal;
  const supervision = supervisionOf(context, 'guard');
  const ended = watchFleet({
    ...supervision,
    ...{ book, changes, inventory, metrics: context.metrics },
    breakers: configuration.guard.breakers,
    dismiss: (node, order, id) =>
      sendSignal(context, {
        service: 'guard',
        node,
        signal: { kind: 'Order', order: { kind: 'dismiss', ...order } },
        id,
      }),
    lookEveryMs: configuration.guard.lookEveryMs,
  });
  return supervised('guard', ended, supervision);
}
