import { WakeUp } from '../../adapters/journal/wake-up.js';
import { signalRecord } from '../../services/input-records.js';
import { consumeInputs } from '../../services/maintenance/consume-inputs.js';
import { fireTimers } from '../../services/maintenance/fire-timers.js';
import { retryParked } from '../../services/maintenance/retry-parked.js';
import { keepUp } from '../../services/maintenance/upkeep.js';
import { schemaIds, silent, type Ports } from './ports.js';
import type { Start } from './running.js';

/** Decides, fires timers, tries again what could not be decided, and keeps up. */
export const startMaintenance: Start = ({ policy, settings, store }, ports) => {
  const { eventLog, journal, clock, supervision } = ports;
  const parkings = new WakeUp();
  const subscription = consumeInputs({
    eventLog,
    journal: journal.journal,
    schemaIds,
    clock,
    rules: { policy, epoch: store.installation.epoch, installation: store.installation.id },
    group: 'maintenance',
    maxBatchRecords: settings.batchRecords,
    lateAfterMs: 5 * 60_000,
    log: silent,
    onAdvanced: ({ parked }) => {
      if (parked > 0) parkings.announce();
    },
  });
  const timers = fireTimers(journal.timers, supervision);
  const retries = retryParked({
    ...supervision,
    history: journal.history,
    send: sendSignal(ports),
    release: 'simulated',
    awaitParked: (signal) => parkings.wait(signal),
    lookAgainMs: settings.upkeepEveryMs,
  });
  const upkeep = keepUp({
    ...supervision,
    commands: journal.commands,
    prune: (before) => (settings.prunes ? journal.upkeep.prune(before) : Promise.resolve()),
    everyMs: settings.upkeepEveryMs,
    keepMs: 21 * 24 * 3_600_000,
  });
  return { ended: Promise.all([subscription.ended, timers, retries, upkeep]), subscriptions: [subscription] };
};

type SendSignal = Parameters<typeof retryParked>[0]['send'];

function sendSignal({ eventLog, clock }: Ports): SendSignal {
  return async (node, signal, id) => {
    const origin = { id, source: '/faultline/simulated/upkeep', at: clock.now() };
    await eventLog.append([await signalRecord(schemaIds, node, signal, origin)]);
  };
}
