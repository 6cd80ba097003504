import {
  commandCatalog,
  resultStatuses,
  type CommandResultDetail,
  type CommandType,
  type ResultStatus,
} from '../../../domain/command.js';
import type { BootId, MachineId, NodeUid } from '../../../domain/identifiers.js';
import { orderKinds } from '../../../domain/signal.js';
import type { TimerName, WorkflowEvent } from '../../../workflows/events.js';
import { isStage, takesOrder } from '../../../workflows/orders.js';
import {
  announced,
  cleared,
  deleted,
  dismissedNotReady,
  heldUp,
  observed,
  order,
  pod,
  replied,
  result,
  stronger,
  timer,
} from '../events.js';
import type { Asked, Position } from './position.js';

/** An event, and the command that it answers if it is an answer. */
export interface Arrival {
  readonly event: WorkflowEvent;
  readonly answers?: Asked;
}

const at = 1_000;
const boot2 = 'boot-2' as BootId;

/** What an answer can say, as far as any guard can tell it apart. */
function detailsOf(type: CommandType, status: ResultStatus): readonly CommandResultDetail[] {
  if (status === 'unneeded') return [{ nodeGone: true }, { reason: 'moot' }];
  if (status !== 'done') return [{ reason: 'simulated' }];
  if (type === 'observeNode') return [{}, ...looks.map((observation) => ({ observation }))];
  if (type === 'isolateNode')
    return [{ observation: observed() }, { observation: observed({ ready: 'Unknown' }) }];
  if (['requestMigration', 'observeWorkload', 'deleteWorkload', 'fenceWorkload'].includes(type))
    return [{ pods: [] }, { pods: [pod] }];
  if (type === 'checkTicket') return [{ repaired: true }, { repaired: false }];
  return type === 'openTicket' ? [{ ticket: 'T-1' }] : [{}];
}

const looks = [
  observed(),
  observed({ bootId: boot2 }),
  observed({ conditions: { KernelDeadlock: 'True' } }),
  observed({ ready: 'Unknown' }),
  observed({ bootId: boot2, image: 'another image' }),
  observed({ machineId: 'machine-2' as MachineId }),
];

/** Statuses that a command can end with: revoked only where something was taken back. */
function statusesOf({ type }: Asked, stage: string): readonly ResultStatus[] {
  return resultStatuses.filter((status) => {
    if (status === 'revoked') return stage === 'settling';
    return status !== 'withheld' || commandCatalog[type].writes;
  });
}

function answersOf(asked: Asked, stage: string): readonly Arrival[] {
  return statusesOf(asked, stage).flatMap((status) =>
    detailsOf(asked.type, status).map((detail) => ({
      event: result(asked.type, status, detail),
      answers: asked,
    })),
  );
}

/** What is sure to come by itself: answers, timers, the acknowledgement of the log. */
export function ownArrivals({ open, timers, announcing, stage }: Position): readonly Arrival[] {
  return [
    ...open.flatMap((asked) => answersOf(asked, stage)),
    ...timers.flatMap((name) => [timer, heldUp].map((fired) => ({ event: fired(name as TimerName) }))),
    ...(announcing ? [{ event: announced }] : []),
  ];
}

/** What others may or may not do at any time. */
export function foreignArrivals({ stage }: Position): readonly Arrival[] {
  const orders = isStage(stage) ? orderKinds.filter((kind) => takesOrder(stage, kind)) : [];
  const events: readonly WorkflowEvent[] = [
    ...orders.map(order),
    ...(orders.includes('dismiss') ? [dismissedNotReady] : []),
    cleared,
    { type: 'fault.firing', at },
    stronger,
    deleted,
    { type: 'node.recreated', at, nodeUid: 'u2' as NodeUid },
    { type: 'node.rebooted', at, bootId: boot2 },
    replied('moved'),
    replied('refused'),
  ];
  return events.map((event) => ({ event }));
}
