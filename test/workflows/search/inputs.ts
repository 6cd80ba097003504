import {
  commandCatalog,
  resultStatuses,
  type CommandResultDetail,
  type CommandType,
  type NodeObservation,
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

/** What looks show where nothing is wrong, as far as it is the same in all of them. */
export type Surroundings = Pick<NodeObservation, 'machineId' | 'image'>;

function looksIn(surroundings: Surroundings): readonly NodeObservation[] {
  return [
    {},
    { bootId: boot2 },
    { conditions: { KernelDeadlock: 'True' as const } },
    { conditions: {} },
    { ready: 'Unknown' as const },
    { bootId: boot2, image: 'another image' },
    { machineId: 'another machine' as MachineId },
  ].map((seen) => observed({ ...surroundings, ...seen }));
}

/** What an answer can say, as far as any guard can tell it apart. */
function detailsOf(
  type: CommandType,
  status: ResultStatus,
  looks: readonly NodeObservation[],
): readonly CommandResultDetail[] {
  if (status === 'unneeded') return [{ nodeGone: true }, { reason: 'moot' }];
  if (status !== 'done') {
    const seen =
      type === 'observeNode'
        ? looks.slice(0, 1).map((observation) => ({ reason: 'simulated', observation }))
        : [];
    return [{ reason: 'simulated' }, ...seen];
  }
  if (type === 'observeNode') return [{}, ...looks.map((observation) => ({ observation }))];
  if (type === 'isolateNode') {
    const [well, ...others] = looks;
    const silent = others.filter(({ ready }) => ready === 'Unknown');
    return [...(well === undefined ? [] : [well]), ...silent].map((observation) => ({ observation }));
  }
  if (['requestMigration', 'observeWorkload', 'deleteWorkload', 'fenceWorkload'].includes(type))
    return [{ pods: [] }, { pods: [pod] }];
  if (type === 'checkTicket') return [{ repaired: true }, { repaired: false }];
  return type === 'openTicket' ? [{ ticket: 'T-1' }] : [{}];
}

/** Statuses that a command can end with: revoked only where something was taken back. */
function statusesOf(type: CommandType, isSettling: boolean): readonly ResultStatus[] {
  return resultStatuses.filter((status) => {
    if (status === 'revoked') return isSettling;
    return status !== 'withheld' || commandCatalog[type].writes;
  });
}

/** Whose answers say what is so at that moment: they may also come when the look before was long ago. */
const looking: readonly CommandType[] = ['observeNode', 'observeWorkload', 'deleteWorkload'];

/** The same events each time, as one object each: what a machine makes of them is asked once. */
function once<Key extends string, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = new Map<Key, Made>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

const onTime = (event: WorkflowEvent): WorkflowEvent => event;
const muchLater = (event: WorkflowEvent): WorkflowEvent => ({ ...event, at: heldUp('verify-check').at });

const firings = once((name: string): readonly Arrival[] =>
  [timer, heldUp].map((fired) => ({ event: fired(name as TimerName) })),
);

const announcement: readonly Arrival[] = [{ event: announced }];

/** All that processes can hear in such surroundings. */
export class Inputs {
  readonly #looks: readonly NodeObservation[];
  readonly #whileSettling = once((type: CommandType) => this.#answersTo(type, true));
  readonly #elsewhere = once((type: CommandType) => this.#answersTo(type, false));

  constructor(surroundings: Surroundings) {
    this.#looks = looksIn(surroundings);
  }

  /** What is sure to come by itself: answers, timers, the acknowledgement of the log. */
  own({ open, timers, announcing, stage }: Position): readonly Arrival[] {
    const answersTo = stage === 'settling' ? this.#whileSettling : this.#elsewhere;
    return [
      ...open.flatMap((asked) => answersTo(asked.type).map((event) => ({ event, answers: asked }))),
      ...timers.flatMap(firings),
      ...(announcing ? announcement : []),
    ];
  }

  /** What others may or may not do at any time. */
  readonly foreign = once((stage: string): readonly Arrival[] => {
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
  });

  #answersTo(type: CommandType, isSettling: boolean): readonly WorkflowEvent[] {
    const moments = looking.includes(type) && !isSettling ? [onTime, muchLater] : [onTime];
    return statusesOf(type, isSettling)
      .flatMap((status) => detailsOf(type, status, this.#looks).map((detail) => result(type, status, detail)))
      .flatMap((event) => moments.map((moment) => moment(event)));
  }
}
