import { runRelay } from '../../../services/relay/run-relay.js';
import { supervised, supervisionOf, type RunningService, type ServiceContext } from './running-service.js';

export function startRelay(context: ServiceContext): RunningService {
  const { connections } = context;
  const supervision = supervisionOf(context, 'relay');
  const ended = runRelay({
    ...supervision,
    outbox: connections.journal.outbox,
    eventLog: connections.eventLog,
    schemaIds: connections.schemaIds,
    batchEntries: 500,
    takeOverMs: 2_000,
    metrics: context.metrics,
  });
  return supervised('relay', ended, supervision);
}
