import { WakeUp } from '../../../adapters/journal/wake-up.js';
import { activateWithheld } from '../../../services/maintenance/activate-withheld.js';
import { keepArchiving } from '../../../services/maintenance/archive/keep-archiving.js';
import { consumeInputs } from '../../../services/maintenance/consume-inputs.js';
import { fireTimers } from '../../../services/maintenance/fire-timers.js';
import { retryParked } from '../../../services/maintenance/retry-parked.js';
import { keepUp } from '../../../services/maintenance/upkeep.js';
import { archiveFilesOf } from '../journal-connection.js';
import { maintenanceGroup } from './consumer-groups.js';
import {
  logOf,
  sendSignal,
  subscribed,
  supervised,
  supervisionOf,
  type RunningService,
  type ServiceContext,
} from './running-service.js';

export function startMaintenance(context: ServiceContext): readonly RunningService[] {
  const { configuration, connections, surroundings, installation } = context;
  const parkings = new WakeUp();
  const subscription = consumeInputs({
    eventLog: connections.eventLog,
    journal: connections.journal.journal,
    schemaIds: connections.schemaIds,
    clock: surroundings.clock,
    log: logOf(context, 'maintenance'),
    rules: { policy: configuration.policy, epoch: installation.epoch, installation: installation.id },
    group: maintenanceGroup,
    maxBatchRecords: 2_000,
    lateAfterMs: 5 * 60_000,
    metrics: context.metrics,
    onAdvanced: ({ parked }) => {
      if (parked > 0) parkings.announce();
    },
  });
  const timers = supervisionOf(context, 'timers');
  const parked = supervisionOf(context, 'parked nodes');
  const retries = retryParked({
    ...parked,
    history: connections.journal.history,
    send: (node, signal, id) => sendSignal(context, { service: 'upkeep', node, signal, id }),
    release: surroundings.version,
    awaitParked: (signal) => parkings.wait(signal),
    lookAgainMs: configuration.upkeepEveryMs,
  });
  const withheld = supervisionOf(context, 'withheld faults');
  const activation = activateWithheld({
    ...withheld,
    history: connections.journal.history,
    policy: configuration.policy,
    send: (node, signal, id) => sendSignal(context, { service: 'upkeep', node, signal, id }),
    everyMs: configuration.upkeepEveryMs,
  });
  return [
    subscribed('maintenance', subscription, context, () => 0),
    supervised('timers', fireTimers(connections.journal.timers, timers), timers),
    supervised('parked nodes', retries, parked),
    supervised('withheld faults', activation, withheld),
    startUpkeep(context),
    ...startArchiving(context),
  ];
}

/** Nothing, where the configuration names no folder. */
function startArchiving(context: ServiceContext): readonly RunningService[] {
  const { configuration, connections, installation, metrics } = context;
  const { archiveFiles: files } = archiveFilesOf(configuration);
  if (files === undefined) return [];
  const supervision = supervisionOf(context, 'archive');
  const ended = keepArchiving({
    ...supervision,
    archive: connections.journal.archive,
    duty: connections.journal.archiving,
    files,
    owner: installation.id,
    afterMs: configuration.archive.afterMs,
    everyMs: configuration.upkeepEveryMs,
    metrics,
  });
  return [supervised('archive', ended, supervision)];
}

const dayMs = 86_400_000;
/** Two weeks of input topics (see the catalog) and a week to spare. */
const keepMs = 21 * dayMs;

function startUpkeep(context: ServiceContext): RunningService {
  const { configuration, connections } = context;
  const { journal, embeddedLog } = connections;
  const supervision = supervisionOf(context, 'upkeep');
  const ended = keepUp({
    ...supervision,
    commands: journal.commands,
    prune: (before) => journal.upkeep.prune(before),
    ...(embeddedLog === undefined ? {} : { removeExpired: () => embeddedLog.removeExpired() }),
    everyMs: configuration.upkeepEveryMs,
    keepMs,
  });
  return supervised('upkeep', ended, supervision);
}
