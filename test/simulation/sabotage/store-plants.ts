import type { Plant } from './plants.js';

/** A bug in what talks to PostgreSQL or Kafka, where the simulator, which keeps all in memory, can't see it. */
export interface StorePlant extends Plant {
  /** Tests on the real thing that are run against it: whole files, or those in them that have these words in their name. */
  readonly tests: readonly string[];
  readonly named?: string;
}

const journal = 'adapters/postgres/journal';
const migrations = 'adapters/postgres/migrations/journal';
const kafka = 'adapters/kafka';

/** Parts of the contract of the journal, on PostgreSQL. */
const onPostgresql = (named: string) => ({
  tests: ['test/contract/journal/postgres.test.ts'],
  named: `PostgreSQL (advancing|commands|budgets|lines|repeats|sending) ${named}`,
});
const advancing = onPostgresql('advance');
const claiming = onPostgresql('(the queue|a claim|a result|a revocation)');
const budgets = onPostgresql('budgets');

const outOfService = {
  tests: ['test/contract/journal/out-of-service-race.test.ts', 'test/contract/journal/migrate-rows.test.ts'],
};

const acknowledging = {
  tests: [
    'test/contract/event-log/kafka-acknowledgements.test.ts',
    'test/adapters/kafka/record-sender.test.ts',
  ],
};
const consuming = { tests: ['test/contract/event-log/kafka.test.ts'] };
const inTheAdapter = {
  tests: ['test/adapters/kafka/assigned-partition.test.ts', 'test/adapters/kafka/record-sender.test.ts'],
};
/** With one that holds in any case, so that a bug which breaks everything is not taken for one that was found. */
const traps = (named: string) => ({
  tests: ['test/contract/event-log/kafka-traps.test.ts'],
  named: `(${named}|arms no timer)`,
});

/** Each must be found by tests of the contracts. Migrations are planted in the copy only: what is published stays. */
export const storePlants: readonly StorePlant[] = [
  {
    name: 'PostgreSQL: what a zombie brings below the fence is decided',
    file: `${journal}/advance.ts`,
    find: 'if (fence?.logId !== request.logId || !all.every(isBehind) || request.nextOffset <= fence.nextOffset) {',
    replace: 'if (fence?.logId !== request.logId || all.length < 0 || isBehind.length > 1) {',
    ...advancing,
  },
  {
    name: 'PostgreSQL: the offset stays behind what was decided',
    file: `${journal}/offsets.ts`,
    find: 'SET next_offset = greatest(next_offset, $4),',
    replace: 'SET next_offset = least(next_offset, $4::bigint),',
    ...advancing,
  },
  {
    name: 'PostgreSQL: states are read without their lock',
    file: `${journal}/lock-states.ts`,
    find: 'ORDER BY node_key COLLATE "C" FOR UPDATE`',
    replace: 'ORDER BY node_key COLLATE "C"`',
    ...advancing,
  },
  {
    name: 'PostgreSQL: a report that was seen before is new',
    file: `${journal}/cause-statements.ts`,
    find: '      ON CONFLICT DO NOTHING RETURNING cause_id`,\n    values: [causes, appendedAt,',
    replace:
      '      ON CONFLICT (cause_id) DO UPDATE SET place = excluded.place RETURNING cause_id`,\n    values: [causes, appendedAt,',
    ...onPostgresql('(a report|each report)'),
  },
  {
    name: 'PostgreSQL: a report that changed something is forgotten with those that did not',
    file: `${journal}/cause-statements.ts`,
    find: '\n        AND NOT EXISTS (SELECT FROM journal.input_seen AS seen WHERE seen.cause_id = cause.cause_id)',
    replace: '',
    ...onPostgresql('(a report|each report)'),
  },
  {
    name: 'PostgreSQL: timers outlive their stage',
    file: `${journal}/batch-statements.ts`,
    find: '\n        AND (stored.process_id IS DISTINCT FROM present.process_id OR stored.stage_entry < present.stage_entry)`',
    replace: '\n        AND stored.stage_entry < 0`',
    ...onPostgresql('a process'),
  },
  {
    name: 'PostgreSQL: a timer fires and nobody hears of it',
    file: `${journal}/timers.ts`,
    find: 'last: due.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions)],',
    replace: 'last: entries.length < 0 ? [insertOutbox(entries, options.outboxPartitions)] : [],',
    ...onPostgresql('timers'),
  },
  {
    name: 'PostgreSQL: the second command of a node is offered beside its first',
    file: `${journal}/commands.ts`,
    find: 'earlier.position + 0 < head.position',
    replace: 'earlier.position + 0 < 0',
    ...claiming,
  },
  {
    name: 'PostgreSQL: a claim is put off by whoever likes',
    file: `${journal}/commands.ts`,
    find: "OR (status = 'attempting' AND (claimed_by = $4::text OR due_at <= $5)))`",
    replace: "OR (status = 'attempting' AND ($5::bigint IS NOT NULL OR claimed_by = $4::text)))`",
    ...claiming,
  },
  {
    name: 'PostgreSQL: what may have been done is said to be revoked',
    file: `${journal}/advance.ts`,
    find: "AND status = 'waiting' AND (attempts = 0 OR NOT writes)",
    replace: "AND status = 'waiting'",
    ...claiming,
  },
  {
    name: 'PostgreSQL: what is over is settled once more',
    file: `${migrations}/0009_settling_many.sql`,
    find: "FROM asked WHERE c.id = asked.id AND c.status IN ('waiting', 'attempting')",
    replace: 'FROM asked WHERE c.id = asked.id',
    ...claiming,
  },
  {
    name: 'PostgreSQL: a result is settled without its signal',
    file: `${migrations}/0009_settling_many.sql`,
    find: 'WHERE entry.id = ANY (settled) ORDER BY entry.place;',
    replace: 'WHERE entry.id <> ALL (settled) ORDER BY entry.place;',
    ...claiming,
  },
  {
    name: 'PostgreSQL: claims that go together take more than there is',
    file: `${migrations}/0029_who_is_out_is_kept.sql`,
    find: 'HAVING taken.number + count(DISTINCT wanted.id) > min(wanted.cap)',
    replace: 'HAVING taken.number >= min(wanted.cap)',
    tests: ['test/contract/journal/claims-together.test.ts', 'test/contract/journal/postgres.test.ts'],
    named: '(ask together|PostgreSQL budgets)',
  },
  {
    name: 'PostgreSQL: whoever comes passes those that stand in line',
    file: `${migrations}/0029_who_is_out_is_kept.sql`,
    find: ' OR count(line.name) > 0',
    replace: '',
    ...onPostgresql('the line of a budget'),
  },
  {
    name: 'PostgreSQL: what is held is not given back with the result',
    file: `${migrations}/0029_who_is_out_is_kept.sql`,
    find: "WHERE (p.command_id = ANY (settled) AND p.until = 'settled')",
    replace: 'WHERE (p.command_id = ANY (settled) AND p.counter IS NULL)',
    ...budgets,
  },
  {
    name: 'PostgreSQL: a node that was taken out by two counters is given back by one of them',
    file: `${migrations}/0029_who_is_out_is_kept.sql`,
    find: 'SET held = n.held - given.number',
    replace: 'SET held = n.held - 1',
    ...outOfService,
  },
  {
    name: 'PostgreSQL: the inventory locks nodes in the order in which they come',
    file: `${journal}/inventory.ts`,
    find: 'SELECT journal.lock_services(ARRAY(',
    replace: 'SELECT cardinality(ARRAY(',
    ...outOfService,
  },
  {
    name: 'PostgreSQL: the outbox is marked by cursor',
    file: `${journal}/outbox.ts`,
    find: "WHERE position = ANY ($1::bigint[]) AND event IS DISTINCT FROM 'Signal'",
    replace:
      "WHERE position <= (SELECT max(sent) FROM unnest($1::bigint[]) AS sent) AND event IS DISTINCT FROM 'Signal'",
    ...onPostgresql('the outbox'),
  },
  {
    name: 'PostgreSQL: two send one partition of the outbox',
    file: `${journal}/session-locks.ts`,
    find: 'const locked = rows[0]?.locked === true;',
    replace: 'const locked = rows.length === 1;',
    ...onPostgresql('the outbox'),
  },
  {
    name: 'Kafka: one broker alone acknowledges',
    file: `${kafka}/record-sender.ts`,
    find: 'acks: -1,',
    replace: 'acks: 1,',
    // KafkaJS refuses the one without the other.
    also: [{ find: '...producerSettings,', replace: '...producerSettings,\n      idempotent: false,' }],
    ...acknowledging,
  },
  {
    name: 'Kafka: nobody acknowledges',
    file: `${kafka}/record-sender.ts`,
    find: 'acks: -1,',
    replace: 'acks: 0,',
    also: [
      { find: '...producerSettings,', replace: '...producerSettings,\n      idempotent: false,' },
      { find: 'this.partitions.check(answers);', replace: 'void answers;' },
    ],
    ...acknowledging,
  },
  {
    name: 'Kafka: a record that is sent again is a second one',
    file: `${kafka}/client-settings.ts`,
    find: 'idempotent: true,',
    replace: 'idempotent: false,',
    ...acknowledging,
  },
  {
    name: 'Kafka: success is believed without an answer for each partition',
    file: `${kafka}/record-sender.ts`,
    find: 'this.partitions.check(answers);',
    replace: 'void answers;',
    ...inTheAdapter,
  },
  {
    name: 'Kafka: a producer that has failed sends on',
    file: `${kafka}/record-sender.ts`,
    find: 'await this.replaceProducer();\n        if (isRecordAtFault',
    replace: 'if (isRecordAtFault',
    ...traps('sends again with a new producer'),
  },
  {
    name: 'Kafka: a node is found on another partition than every client looks on',
    file: `${kafka}/record-sender.ts`,
    find: "partitionOfKey(message.key ?? '', partitionMetadata.length)",
    replace: 'partitionOfKey(`${topic}${String(message.key)}`, partitionMetadata.length)',
    ...consuming,
  },
  {
    name: 'Kafka: what the journal did not take is taken for read',
    file: `${kafka}/assigned-partition.ts`,
    find: '      this.beginAnew(reasonOf(error));\n    } finally {',
    replace:
      '      this.context.onTrouble(reasonOf(error));\n      payload.resolveOffset(batch.lastOffset());\n      this.expected = BigInt(batch.lastOffset()) + 1n;\n    } finally {',
    ...consuming,
  },
  {
    name: 'Kafka: whatever KafkaJS gives is taken for what comes next',
    file: `${kafka}/assigned-partition.ts`,
    find: 'if (fetchedFrom !== this.expected) {',
    replace: 'if (fetchedFrom === undefined) {',
    ...traps('asks startAt again'),
  },
  {
    name: 'Kafka: a partition that a rebalance took away is written for all the same',
    file: `${kafka}/assigned-partition.ts`,
    find: "return this.owned && this.membership !== 'doubtful';",
    replace: 'return this.failures >= 0;',
    ...inTheAdapter,
  },
  {
    name: 'Kafka: nobody beats while a batch is under work',
    file: `${kafka}/assigned-partition.ts`,
    find: 'const stopBeating = this.keepBeating(payload);',
    replace: 'const stopBeating = payload.isRunning;',
    ...traps('keeps its membership'),
  },
];
