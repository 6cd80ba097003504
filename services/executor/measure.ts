import { commandCatalog, type Command } from '../../domain/command.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { ExecutorMetrics } from '../../adapters/ports/metrics.js';
import type { Ending } from './effect.js';

/** Makes an attempt and tells how it ended and how long it took. */
export async function measured(
  { metrics, clock }: { readonly metrics?: ExecutorMetrics; readonly clock: Clock },
  { type }: Command,
  act: () => Promise<Ending>,
): Promise<Ending> {
  const begun = clock.now();
  const ending = await act();
  const result = ending.kind === 'settle' ? ending.status : ending.kind;
  metrics?.effectAttempted(type, result, clock.now() - begun);
  return ending;
}

/** Tells that a command got no leave now. */
export function countRefusal(metrics: ExecutorMetrics | undefined, { type }: Command, reason: string): void {
  const { permit } = commandCatalog[type];
  if (permit !== undefined) metrics?.permitRefused(permit, reason);
}
