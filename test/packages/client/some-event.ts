import type { AnyEvent, FaultlineEvent } from '../../../packages/client/src/event.js';

const fault = {
  cluster: 'a',
  node: 'n1',
  faultId: 'f-1',
  type: 'DiskFailure',
  class: 'HARDWARE',
  change: 'OPENED',
  at: 1,
  openedAt: 1,
  openedBy: 'r-1',
  sources: ['agent'],
  causedBy: null,
  bootId: null,
  processId: null,
  reason: null,
} as const;

type Attributes = Partial<Pick<AnyEvent, 'id' | 'source' | 'node' | 'sequence' | 'replay' | 'topic'>>;

/** A fault that was opened; its id is its sequence, if none is given. */
export function someEvent(sequence: string | undefined, attributes: Attributes = {}): FaultlineEvent {
  return {
    type: 'FaultChanged',
    data: fault,
    id: sequence ?? 'e-1',
    source: '/faultline/t/maintenance',
    node: 'a/n1',
    time: 1,
    causationId: undefined,
    correlationId: undefined,
    traceParent: undefined,
    replay: undefined,
    topic: 'fault.hardware',
    partition: 0,
    offset: '0',
    ...attributes,
    sequence,
  };
}
