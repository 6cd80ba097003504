import { openLogOf } from './open-log.js';

/** A member of a group that takes a batch and never finishes it, until it is killed. */
const [kind = '', address = '', group = '', topic = ''] = process.argv.slice(2);
const log = await openLogOf(kind, address);
const subscription = log.consume({
  group,
  topics: [topic],
  maxBatchRecords: 500,
  startAt: ({ low }) => Promise.resolve(low),
  onBatch: () => {
    process.stdout.write('holding\n');
    return new Promise<void>(() => {
      setInterval(() => undefined, 60_000);
    });
  },
});
await subscription.ended;
