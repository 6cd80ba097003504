import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { EventLog } from '../../../adapters/ports/event-log.js';
import { PostgresEventLog } from '../../../adapters/postgres/event-log/event-log.js';

export const wallClock: Clock = {
  now: () => Date.now(),
  waitUntil: async (instant, signal) => {
    const options = signal === undefined ? {} : { signal };
    await sleep(Math.max(0, instant - Date.now()), undefined, options).catch(() => undefined);
  },
  fromLogTime: (wallMs) => wallMs,
};

export function openPostgres(connectionString: string): PostgresEventLog {
  return new PostgresEventLog({ connectionString, clock: wallClock, leaseMs: 3000, retryDelayMs: 20 });
}

export function openKafka(brokers: string): KafkaEventLog {
  // 6 s is the shortest session that a broker allows by default.
  return new KafkaEventLog({
    brokers: brokers.split(','),
    clientId: 'contract',
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 500,
    retryDelayMs: 20,
  });
}

/** The log of a member process, which gets to know it by two words. */
export async function openLogOf(kind: string, address: string): Promise<EventLog> {
  if (kind === 'kafka') return openKafka(address);
  const log = openPostgres(address);
  await log.prepare();
  return log;
}
