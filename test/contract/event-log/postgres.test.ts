import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../adapters/postgres/embedded-server.js';
import type { PostgresEventLog } from '../../../adapters/postgres/event-log/event-log.js';
import { spawnDoomedMember } from './doomed-process.js';
import type { EventLogHarness } from './harness.js';
import { openPostgres } from './open-log.js';
import { describeEventLog } from './suite.js';

async function startPostgres(): Promise<EventLogHarness> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'faultline-event-log-'));
  const server = await startEmbeddedPostgres({ dataFolder, durability: 'fast' });
  const admin = new pg.Pool({ connectionString: server.connectionString, max: 2 });
  // The server may cut what the pool is just closing.
  admin.on('error', () => undefined);
  const opened: PostgresEventLog[] = [];
  const open = (): PostgresEventLog => {
    const log = openPostgres(server.connectionString);
    opened.push(log);
    return log;
  };
  const main = open();
  await main.prepare();
  return {
    patienceMs: 20_000,
    open,
    startDoomedMember: (group, topic) =>
      Promise.resolve(spawnDoomedMember('postgres', server.connectionString, group, topic)),
    trim: async (topic, partition, low) => {
      await admin.query(
        `WITH raised AS (
           UPDATE event_log.log_partition SET low_offset = $3 FROM event_log.log_topic t
           WHERE log_partition.topic_id = t.topic_id AND t.topic = $1 AND partition = $2 RETURNING t.topic_id)
         DELETE FROM event_log.log_record r USING raised
         WHERE r.topic_id = raised.topic_id AND r.partition = $2 AND r.record_offset < $3`,
        [topic, partition, low],
      );
    },
    unread: (log, group) => {
      const found = opened.find((one) => one === log);
      if (found === undefined) throw new Error('not a client of this harness');
      return found.unread(group);
    },
    stop: async () => {
      await Promise.all(opened.map((log) => log.close()));
      await admin.end();
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

describeEventLog('PostgreSQL', startPostgres);
