import { consumeRequests } from '../../../services/migrator/consume-requests.js';
import { createMigrator } from '../../../services/migrator/migrator.js';
import { replyToRequest } from '../../../services/migrator/reply-to-request.js';
import { migratorGroup } from './consumer-groups.js';
import { logOf, sourceOf, subscribed, type RunningService, type ServiceContext } from './running-service.js';

export function startMigrator(context: ServiceContext): RunningService {
  const { connections, surroundings } = context;
  const { clock, randomness } = surroundings;
  const { eventLog, schemaIds } = connections;
  const source = sourceOf(context, 'migrator');
  const log = logOf(context, 'migrator');
  const migrator = createMigrator({
    clusters: connections.clusters,
    firstLooks: context.looks,
    clock,
    randomness,
    reply: async (request, reply) => {
      const said = { source, at: clock.now() };
      await eventLog.append([await replyToRequest(schemaIds, request, reply, said)]);
      context.metrics.podReplied(reply.status);
    },
    signal: context.signal,
    log,
    name: 'faultline-migrator',
    pollMs: 5_000,
    firstRetryMs: 1_000,
    longestRetryMs: 30_000,
  });
  const subscription = consumeRequests({
    eventLog,
    journal: connections.journal.journal,
    schemaIds,
    migrator,
    group: migratorGroup,
    clock,
    log,
  });
  return subscribed('migrator', subscription, context, () => migrator.underWay());
}
