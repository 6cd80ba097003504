import { runNodeStates } from '../../../services/node-states/run-node-states.js';
import {
  sourceOf,
  supervised,
  supervisionOf,
  type RunningService,
  type ServiceContext,
} from './running-service.js';

export function startNodeStates(context: ServiceContext): RunningService {
  const { connections, installation, metrics } = context;
  const supervision = supervisionOf(context, 'node-states');
  const ended = runNodeStates({
    ...supervision,
    eventLog: connections.eventLog,
    history: connections.journal.history,
    schemaIds: connections.schemaIds,
    duty: connections.journal.nodeStates,
    source: sourceOf(context, 'node-states'),
    epoch: installation.epoch,
    gatherMs: 200,
    takeOverMs: 2_000,
    metrics,
  });
  return supervised('node-states', ended, supervision);
}
