import { join } from 'node:path';

import { systemClock } from '../../adapters/clock/system-clock.js';
import { openDeadLetters } from '../../adapters/event-log/log-watch.js';
import type { DeadLetterPlace } from '../../adapters/ports/dead-letters.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import type { JournalFigures } from '../../adapters/ports/figures.js';
import { addressOfRunning } from '../../adapters/postgres/embedded-server.js';
import { PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { openPostgresFigures } from '../../adapters/postgres/figures/figures.js';
import { toInstant } from '../../services/console/forms/form.js';
import { openKafka } from '../composition/open-event-log.js';
import { addressWithPassword } from '../composition/journal-connection.js';
import type { Configuration } from '../configuration/configuration.js';
import type { LocatedConfiguration } from '../configuration/load.js';
import type { DoctorCheck, DoctorState } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { checkArchiveFiles } from './archive.js';
import { messageOf, skipped } from './check.js';
import { checkGuardPolicy } from './guard-policy.js';
import { judge } from './judge-state.js';

const what = 'state of the installation';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Address of the journal's database; undefined: it is embedded and nobody runs it just now. */
async function addressOf(
  { journal, dataFolder }: Configuration,
  terminal: Terminal,
): Promise<string | undefined> {
  if (journal.kind === 'embedded') return addressOfRunning(join(dataFolder, 'postgres'));
  return addressWithPassword(journal, terminal.environment);
}

function openLog(configuration: Configuration, address: string, terminal: Terminal): EventLog {
  return configuration.eventLog.kind === 'kafka'
    ? openKafka(configuration, { log: quiet, environment: terminal.environment })
    : new PostgresEventLog({ connectionString: address, clock: systemClock });
}

/** When the oldest dead letter of a topic came that nobody has handled. */
async function oldestLetter(
  eventLog: EventLog,
  topic: string,
  handled: readonly DeadLetterPlace[],
): Promise<number | undefined> {
  const logId = await eventLog.identify();
  const isHandled = (partition: number, offset: bigint): boolean =>
    handled.some(
      (one) =>
        one.logId === logId && one.topic === topic && one.partition === partition && one.offset === offset,
    );
  let oldest: number | undefined;
  for (const { partition, low, high } of await eventLog.bounds(topic)) {
    if (high === low) continue;
    for await (const { offset, appendedAt } of eventLog.read(topic, partition, low, high)) {
      if (isHandled(partition, offset)) continue;
      oldest = Math.min(oldest ?? appendedAt, appendedAt);
      break;
    }
  }
  return oldest;
}

async function deadLettersIn(
  eventLog: EventLog,
  handled: readonly DeadLetterPlace[],
): Promise<DoctorState['deadLetters']> {
  const found: DoctorState['deadLetters'] = [];
  for (const { topic, count } of await openDeadLetters(eventLog, handled)) {
    const oldest = count === 0 ? undefined : await oldestLetter(eventLog, topic, handled);
    found.push({ topic, count, ...(oldest === undefined ? {} : { oldest: toInstant(oldest) }) });
  }
  return found;
}

function stateOf(figures: JournalFigures, deadLetters: DoctorState['deadLetters']): DoctorState {
  const { epoch, logEpoch, paused, parked, processes, outbox, commands } = figures;
  return {
    journalEpoch: epoch,
    logEpoch,
    paused,
    parkedNodes: parked.map(({ oldestAt, ...row }) => ({ ...row, oldest: toInstant(oldestAt) })),
    deadLetters,
    waitingForPerson: processes
      .filter(({ waitsForPerson }) => waitsForPerson)
      .map(({ cluster, workflow, count, oldestAt }) => ({
        cluster,
        workflow,
        count,
        oldest: toInstant(oldestAt),
      })),
    outbox: {
      count: outbox.unsent,
      ...(outbox.oldestAt === undefined ? {} : { oldest: toInstant(outbox.oldestAt) }),
    },
    commands: commands.map(({ cluster, type: command, state, why: reason, count, oldestAt }) => ({
      cluster,
      command,
      state,
      reason,
      count,
      oldest: toInstant(oldestAt),
    })),
  };
}

async function readState(
  configuration: Configuration,
  address: string,
  terminal: Terminal,
): Promise<DoctorState> {
  const figures = openPostgresFigures(address);
  const eventLog = openLog(configuration, address, terminal);
  try {
    const journal = await figures.read();
    return stateOf(journal, await deadLettersIn(eventLog, journal.handledDeadLetters));
  } finally {
    await Promise.allSettled([figures.close(), eventLog.close()]);
  }
}

/**
 * What waits for somebody in the installation, by journal and log themselves: it needs no running Faultline, and with an
 * embedded database one that runs. Reads only.
 */
export async function lookAtState(
  located: LocatedConfiguration,
  terminal: Terminal,
): Promise<{ readonly checks: readonly DoctorCheck[]; readonly state?: DoctorState }> {
  const { configuration } = located;
  try {
    const address = await addressOf(configuration, terminal);
    if (address === undefined) {
      const next = 'ask again while `faultline run` is running, if there is one';
      return { checks: [skipped(what, 'the embedded database is not running', next)] };
    }
    const state = await readState(configuration, address, terminal);
    const archive = await checkArchiveFiles(configuration, address);
    const guard = await checkGuardPolicy(located, address);
    return { checks: [...judge(state, Date.now()), guard, ...archive], state };
  } catch (error) {
    const next = 'mend what failed above; before the first `faultline run` there is nothing to look at';
    return { checks: [skipped(what, messageOf(error), next)] };
  }
}
