import type { MemoryStore } from '../../../adapters/memory/journal/store.js';
import { comparable } from './comparable.js';
import type { Contents } from './contents.js';

/** What the store holds and no port tells. */
export function storedInMemory(store: MemoryStore): Contents {
  const outbox = [...store.unsent.flat(), ...store.sent];
  return new Map([
    ['timers', store.timers.all.map(comparable)],
    [
      'claims',
      [...store.commands.values()].map(({ command: { id }, dueAt, claimedBy, unfinished, waitingLine }) =>
        comparable({ id, dueAt, claimedBy, unfinished, waitingLine }),
      ),
    ],
    ['permits', store.permits.all.map(comparable)],
    [
      'budgets',
      [...store.permits.used].flatMap(([counter, used]) =>
        used === 0 ? [] : [comparable({ counter, used })],
      ),
    ],
    [
      'offsets',
      [...store.offsets].map(([place, { nextOffset, logId, appendedAt }]) =>
        comparable({
          place: JSON.parse(place) as unknown,
          nextOffset: Number(nextOffset),
          logId,
          appendedAt,
        }),
      ),
    ],
    ['causes', [...store.seen].map(([cause, at]) => comparable({ cause, at }))],
    [
      'causes of reports',
      // One that waited, and changed something when it was taken up, stands among all causes too: that is the one that counts.
      [...store.reportsSeen]
        .filter(([cause]) => !store.seen.has(cause))
        .map(([cause, { appendedAt, place }]) =>
          comparable({ cause, appendedAt, place: JSON.parse(place) as unknown }),
        ),
    ],
    ['members', store.fleet.members.map(comparable)],
    ['verdicts', store.verdicts.latest.map(comparable)],
    ['policies', store.guardPolicies.map(comparable)],
    ['pauses', store.pauses.map(({ pause, ended }) => comparable({ pause, ended }))],
    ['clusters', [...store.clusters].map(([cluster, observedAt]) => comparable({ cluster, observedAt }))],
    [
      'outbox',
      outbox.map(({ entry: { position: _, ...entry }, partition, sentAt }) =>
        comparable({ ...entry, partition, sentAt }),
      ),
    ],
  ]);
}
