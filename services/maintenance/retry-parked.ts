import { awaitFirst, superviseLoop, type Supervision } from '../supervision.js';
import type { History, ParkedNode } from '../../adapters/ports/journal.js';
import type { CauseId, NodeKey } from '../../domain/identifiers.js';
import type { Signal } from '../../domain/signal.js';
import { uuidFrom } from '../../schemas/uuid.js';

export interface RetryParkedOptions extends Supervision {
  readonly history: Pick<History, 'parked'>;
  /** Resolves when the log has the signal. The same id again is the same signal. */
  readonly send: (node: NodeKey, signal: Signal, causeId: CauseId) => Promise<void>;
  /** Of Faultline: another release may decide what this one could not, so it tries everything once at its start. */
  readonly release: string;
  /** Resolves when a node may have been parked, or at abort. */
  readonly awaitParked: (signal: AbortSignal) => Promise<void>;
  /** Looked at without being told, so that what other copies parked is found too. */
  readonly lookAgainMs: number;
}

const firstMs = 60_000;
const longestMs = 3_600_000;
const nodesAtOnce = 1_000;

function pauseMs({ attempts }: ParkedNode): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(attempts, 20));
}

/** Tries are on a grid: all copies try at the same moments, under the same ids. */
function triesAt(node: ParkedNode, now: number): { readonly due: number; readonly next: number } {
  const pause = pauseMs(node);
  const tries = Math.max(0, Math.floor((now - node.triedAt) / pause));
  return { due: tries, next: node.triedAt + (tries + 1) * pause };
}

/**
 * Has parked nodes tried again: all of them once when this release starts, then each after a back-off, for ever. What
 * is tried is written to the signals topic, so any number of copies may run and each try is made once.
 */
export function retryParked(options: RetryParkedOptions): Promise<void> {
  const { history, clock, lookAgainMs } = options;
  let started = false;
  return superviseLoop('parked nodes', options, async () => {
    const parked = await history.parked({ limit: nodesAtOnce });
    if (!started) for (const node of parked) await retry(options, node, `release ${options.release}`);
    started = true;
    const now = clock.now();
    for (const node of parked) {
      const { due } = triesAt(node, now);
      if (due > 0) await retry(options, node, `try ${due}`);
    }
    const next = Math.min(now + lookAgainMs, ...parked.map((node) => triesAt(node, now).next));
    await awaitFirst(
      [(until) => clock.waitUntil(next, until), (until) => options.awaitParked(until)],
      options,
    );
  });
}

async function retry({ send }: RetryParkedOptions, node: ParkedNode, reason: string): Promise<void> {
  const causeId = uuidFrom(`retry\n${node.node}\n${node.version}\n${reason}`) as CauseId;
  await send(node.node, { kind: 'RetryParked', reason }, causeId);
}
