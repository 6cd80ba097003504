import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

let patched = false;

/**
 * KafkaJS 2.2.4 arms a timer after every answer of a broker, and the timer arms itself again with no end, also when
 * nothing waits: each connection then wakes the process a thousand times a second. With this patch a timer exists
 * only while requests wait or the broker throttles us. Idempotent; refuses to go on with a KafkaJS it does not know.
 */
export function patchRequestQueue(): void {
  if (patched) return;
  const loaded: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  const prototype: unknown = typeof loaded === 'function' ? loaded.prototype : undefined;
  if (!isQueuePrototype(prototype)) {
    throw new Error('this version of kafkajs has another request queue: install the version in package.json');
  }
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenNeeded(this: RequestQueue): void {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
  patched = true;
}

function isQueuePrototype(value: unknown): value is RequestQueuePrototype {
  return (
    typeof value === 'object' &&
    value !== null &&
    'scheduleCheckPendingRequests' in value &&
    typeof value.scheduleCheckPendingRequests === 'function'
  );
}
