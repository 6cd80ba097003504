import { traceProcesses } from '../../../services/tracer/trace-processes.js';
import { tracerGroup } from './consumer-groups.js';
import { logOf, subscribed, type RunningService, type ServiceContext } from './running-service.js';

/** Nothing, where the configuration names no collector. */
export function startTracer(context: ServiceContext): readonly RunningService[] {
  const { connections, surroundings, metrics, signal } = context;
  const { eventLog, schemaIds, journal, spans } = connections;
  if (spans === undefined) return [];
  const { clock, randomness } = surroundings;
  const subscription = traceProcesses({
    eventLog,
    history: journal.history,
    positions: journal.positions,
    schemaIds,
    exporter: spans,
    group: tracerGroup,
    clock,
    randomness,
    signal,
    log: logOf(context, 'tracer'),
    metrics,
  });
  return [subscribed('tracer', subscription, context, () => 0)];
}
