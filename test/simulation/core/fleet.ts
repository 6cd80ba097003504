import type {
  Command,
  CommandResultDetail,
  NodeObservation,
  PodReference,
  ResultStatus,
} from '../../../domain/command.js';
import type { BootId, CommandId, NodeKey, NodeUid, PodUid, ProcessId } from '../../../domain/identifiers.js';

export interface Machine {
  uid: string;
  boot: number;
  power: 'On' | 'Off';
  exists: boolean;
  isolatedBy: ProcessId | undefined;
  fenced: boolean;
  pods: PodReference[];
  sick: boolean;
}

/** An effect that touched the world, as the world saw it. */
export interface WitnessedEffect {
  readonly commandId: CommandId;
  readonly type: Command['type'];
  readonly node: NodeKey;
  readonly uid: string;
}

const destructive: readonly Command['type'][] = ['powerOff', 'powerOn', 'reimage', 'restartComponent'];

/** Never on another incarnation of the node. */
const harmful: readonly Command['type'][] = [
  'requestMigration',
  'deleteWorkload',
  'restartComponent',
  'powerOff',
  'fenceWorkload',
  'reimage',
];

/** The world, told apart from Faultline's own tables: what really is, and every effect that really happened. */
export class Fleet {
  readonly machines = new Map<NodeKey, Machine>();
  readonly effects: WitnessedEffect[] = [];

  constructor(nodes: readonly NodeKey[]) {
    for (const [index, node] of nodes.entries()) {
      const uid = `pod-${index}` as PodUid;
      this.machines.set(node, {
        uid: `uid-${index}-0`,
        boot: 0,
        power: 'On',
        exists: true,
        isolatedBy: undefined,
        fenced: false,
        pods: [{ namespace: 'shop', name: `web-${index}`, uid }],
        sick: false,
      });
    }
  }

  of(node: NodeKey): Machine {
    const machine = this.machines.get(node);
    if (machine === undefined) throw new RangeError(`no machine ${node}`);
    return machine;
  }

  observe(node: NodeKey): NodeObservation {
    const machine = this.of(node);
    return {
      nodeUid: machine.uid as NodeUid,
      bootId: `${node}-boot-${machine.boot}` as BootId,
      ready: machine.power === 'Off' ? 'Unknown' : 'True',
      conditions: { KernelDeadlock: machine.sick ? 'True' : 'False' },
      unschedulable: machine.isolatedBy !== undefined,
      ...(machine.isolatedBy === undefined ? {} : { isolatedBy: machine.isolatedBy }),
    };
  }

  recreate(node: NodeKey): void {
    const machine = this.of(node);
    machine.uid = `${machine.uid}'`;
    machine.isolatedBy = undefined;
    machine.fenced = false;
    machine.exists = true;
  }

  /** Carries a command out as Kubernetes and BMC would: only on the node that it was meant for. */
  carryOut(command: Command): { status: ResultStatus; detail: CommandResultDetail } {
    const machine = this.of(command.node);
    if (!machine.exists) return { status: 'unneeded', detail: { reason: 'NodeGone', nodeGone: true } };
    const { nodeUid, bootId } = command.expected;
    const now = this.observe(command.node);
    const changed =
      (nodeUid !== undefined && nodeUid !== now.nodeUid) || (bootId !== undefined && bootId !== now.bootId);
    if (changed && harmful.includes(command.type)) {
      return { status: 'failed', detail: { reason: 'IdentityChanged' } };
    }
    if (destructive.includes(command.type))
      this.effects.push({ commandId: command.id, type: command.type, node: command.node, uid: machine.uid });
    return { status: 'done', detail: this.act(command, machine) };
  }

  private act(command: Command, machine: Machine): CommandResultDetail {
    switch (command.type) {
      case 'observeNode':
        return { observation: this.observe(command.node) };
      case 'isolateNode':
        machine.isolatedBy = command.processId;
        return { observation: this.observe(command.node), cordoned: true };
      case 'requestMigration':
        return { pods: [...machine.pods] };
      case 'observeWorkload':
        return { pods: machine.pods.filter((pod) => command.parameters.pods.includes(pod.uid)) };
      case 'deleteWorkload':
      case 'fenceWorkload':
        machine.pods = [];
        return { pods: [] };
      case 'powerOff':
        machine.power = 'Off';
        return {};
      case 'powerOn':
        if (machine.power === 'Off') machine.boot += 1;
        machine.power = 'On';
        machine.sick = false;
        return {};
      case 'reimage':
        machine.power = 'On';
        machine.boot += 1;
        machine.sick = false;
        return {};
      case 'giveBack':
      case 'handOver':
        if (machine.isolatedBy === command.processId) machine.isolatedBy = undefined;
        return {};
      case 'reclaimNode':
        if (machine.isolatedBy === command.parameters.owner) machine.isolatedBy = undefined;
        return {};
      case 'openTicket':
        return { ticket: `T-${command.id}` };
      case 'checkTicket':
        machine.sick = false;
        return { repaired: true };
      case 'restartComponent':
      case 'unfenceWorkload':
        return {};
    }
  }

  /** What a later look can tell about an attempt whose end nobody saw. */
  lookBack(command: Command): ResultStatus {
    const { power } = this.of(command.node);
    if (command.type === 'powerOff') return power === 'Off' ? 'done' : 'unknown';
    if (command.type === 'powerOn') return power === 'On' ? 'done' : 'unknown';
    return 'unknown';
  }
}
