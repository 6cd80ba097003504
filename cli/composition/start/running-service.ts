import type { Subscription } from '../../../adapters/ports/event-log.js';
import type { Log } from '../../../adapters/ports/log.js';
import type { ServiceMetrics } from '../../../adapters/ports/metrics.js';
import type { CauseId, NodeKey } from '../../../domain/identifiers.js';
import type { Signal } from '../../../domain/signal.js';
import { eventSource } from '../../../schemas/cloud-events.js';
import { signalRecord } from '../../../services/input-records.js';
import type { FirstLooks } from '../../../services/first-looks.js';
import type { NodeLabels } from '../../../services/node-labels.js';
import type { Supervision } from '../../../services/supervision.js';
import { Workload } from '../../../services/workload.js';
import type { Configuration } from '../../configuration/configuration.js';
import type { Connections } from '../connections.js';
import type { PolicyRefusal } from '../guard-in-force.js';
import type { Surroundings } from '../surroundings.js';

/** One part at work. */
export interface RunningService {
  readonly name: string;
  /** Resolves when it has stopped; rejects when it can't go on and the process should exit. */
  readonly ended: Promise<void>;
  /** Why it can't work just now; undefined: it can. */
  problem(): string | undefined;
  /** Pieces of work under way that time must not jump over. */
  underWay(): number;
}

export interface ServiceContext {
  readonly configuration: Configuration;
  readonly connections: Connections;
  readonly surroundings: Surroundings;
  readonly installation: { readonly id: string; readonly epoch: number };
  /** Clusters that nothing is done to yet. */
  readonly looks: FirstLooks;
  readonly metrics: ServiceMetrics;
  /** The guard's section as it holds now: never kept, since it changes while we run. */
  readonly guard: () => Configuration['guard'];
  /** What the file says of it and does not hold. */
  readonly refusedGuard: () => PolicyRefusal | undefined;
  /** Nodes by their labels. */
  readonly labels: NodeLabels;
  readonly signal: AbortSignal;
}

export function logOf(context: Pick<ServiceContext, 'surroundings'>, name: string): Log {
  return context.surroundings.logOf(name);
}

export function supervisionOf(
  context: Pick<ServiceContext, 'surroundings' | 'signal'>,
  name: string,
): Supervision {
  const { clock, randomness } = context.surroundings;
  return { clock, randomness, log: logOf(context, name), signal: context.signal, workload: new Workload() };
}

/** A loop as a service: it can always work, sooner or later. */
export function supervised(name: string, ended: Promise<void>, { workload }: Supervision): RunningService {
  return { name, ended, problem: () => undefined, underWay: () => workload.active };
}

export function sourceOf(context: ServiceContext, name: string): string {
  return eventSource(context.installation.id, name);
}

/** Writes a signal to the log; resolves when it is kept. The same id again is the same signal. */
export async function sendSignal(
  { connections, surroundings, installation }: ServiceContext,
  sent: {
    readonly service: string;
    readonly node: NodeKey;
    readonly signal: Signal;
    readonly id: CauseId;
  },
): Promise<void> {
  const { service, node, signal, id } = sent;
  const origin = {
    id,
    source: eventSource(installation.id, service),
    at: surroundings.clock.now(),
  };
  await connections.eventLog.append([await signalRecord(connections.schemaIds, node, signal, origin)]);
}

/** A subscription as a service: it ends with the signal, and the process with it when it can't go on. */
export function subscribed(
  name: string,
  subscription: Subscription,
  context: ServiceContext,
  underWay: () => number,
): RunningService {
  const stop = (): void => void subscription.stop();
  context.signal.addEventListener('abort', stop, { once: true });
  return {
    name,
    ended: subscription.ended,
    problem: () => (subscription.isHealthy() ? undefined : `${name} does not read its topics yet`),
    underWay,
  };
}
