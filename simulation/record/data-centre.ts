import { createMemoryStore } from '../../adapters/memory/journal.js';
import type { Command } from '../../domain/command.js';
import type { CommandId, NodeName } from '../../domain/identifiers.js';
import { nodeKey } from '../../domain/identifiers.js';
import type { ExecutorSettings } from '../../services/executor/settings.js';
import type { Breaker } from '../../services/guard/breakers.js';
import type { GuardPolicy } from '../../services/guard/policy.js';
import { signalRecord } from '../../services/input-records.js';
import type { ProcessId } from '../../domain/identifiers.js';
import { topicsOf } from '../../schemas/catalog.js';
import type { Policy } from '../../workflows/policy.js';
import { Fleet } from '../../world/machines/fleet.js';
import { seededRandom, type WorldRandom } from '../../world/random.js';
import type { WorldClock } from '../../world/clock.js';
import type { BootNumber } from '../invariants/old-reports-open-nothing.js';
import { Crew } from '../parts/crew.js';
import { oneOfEach } from '../parts/parts.js';
import { partitions, schemaIds, type Installation } from '../parts/ports.js';
import { WitnessedLog } from '../parts/witnessed.js';
import type { Surroundings } from '../scheduler/incarnation.js';
import { partClock } from '../scheduler/part-clock.js';
import { seeded } from '../scheduler/seeded.js';
import type { Listener } from '../world/happening.js';
import { Outside } from '../world/outside.js';
import { Senders } from '../world/senders.js';
import { clusterName, Site } from '../world/site.js';
import { approveIncidents } from './incident-desk.js';
import { LinkedNodes } from './linked-nodes.js';
import { MachineRoom } from './machine-room.js';
import { PeopleOnCall, type GivenOrder } from './people-on-call.js';
import { worldClock } from './world-clock.js';

/** What Faultline is configured with. */
export interface Rules {
  readonly policy: Policy;
  readonly guard: GuardPolicy;
  readonly breakers: readonly Breaker[];
  /** How often breakers are held against new faults; time stops at each look. */
  readonly guardLookMs: number;
  readonly guardLabels: readonly string[];
  /** Whether whoever is on call says of each incident that it is real. */
  readonly approvesIncidents: boolean;
  readonly executor: Omit<ExecutorSettings, 'installation'>;
  readonly inventoryRefreshMs: number;
  readonly upkeepEveryMs: number;
}

export interface DataCentreOptions {
  readonly surroundings: Surroundings;
  readonly nodes: number;
  readonly rules: Rules;
  /** What machines run at first, and what a boot from the network installs. */
  readonly image: string;
  readonly listener: Listener;
}

/** A fleet of `world/` with a whole installation of Faultline, all in memory and in virtual time. */
export interface DataCentre {
  readonly site: Site;
  readonly fleet: Fleet;
  readonly clock: WorldClock;
  readonly random: WorldRandom;
  readonly installation: Installation;
  readonly senders: Senders;
  readonly people: PeopleOnCall;
  readonly bootNumber: BootNumber;
}

/** Builds it and starts every part once. */
export async function buildDataCentre(options: DataCentreOptions): Promise<DataCentre> {
  const { surroundings, nodes, rules, image, listener } = options;
  const { agenda, seed } = surroundings;
  const clock = worldClock(agenda);
  const random = seededRandom(String(seed));
  const site = new Site({ agenda, seed, listener });
  const link = new LinkedNodes(site);
  const fleet = new Fleet({ nodes, clock, random, link, image });
  const people = new PeopleOnCall(clock, (order) => void giveOrder(outside, agenda.now, order));
  const onRepaired = ({ machine }: { readonly machine: string }): void => {
    people.repaired(machine);
  };
  const room = new MachineRoom({ site, fleet, clock, random, image, onRepaired });
  const bootNumber = numberBoots(fleet);
  startMachines(site, fleet, link);
  const installation = await install(site, room, { rules, seed });
  const outside = new Outside(surroundings, installation);
  const crew = new Crew(surroundings, installation, oneOfEach);
  const senders = new Senders(site, outside, () => crew.intake());
  crew.startAll();
  if (rules.approvesIncidents) approveIncidents(clock, installation);
  return { site, fleet, clock, random, installation, senders, people, bootNumber };
}

const replicasPerNode = 2;

function startMachines(site: Site, fleet: Fleet, link: LinkedNodes): void {
  for (const machine of fleet.machines) {
    const { name } = machine;
    site.machines.set(name, {
      name,
      get power() {
        return machine.power;
      },
      get heard() {
        return link.isHeard(name);
      },
    });
  }
  fleet.start();
  for (const { name } of fleet.machines)
    for (let replica = 0; replica < replicasPerNode; replica += 1)
      site.addPod(`web-${name}-${replica}`, name, 'ReplicaSet');
}

/** Ids of boots are drawn; which came first is seen as they happen. */
function numberBoots(fleet: Fleet): BootNumber {
  const numbers = new Map<string, number>();
  for (const machine of fleet.machines) {
    machine.listen((event) => {
      if (event.kind === 'booted') numbers.set(event.bootId, numbers.size);
    });
  }
  return (bootId) => numbers.get(bootId ?? '') ?? Infinity;
}

async function install(
  site: Site,
  hardware: MachineRoom,
  { rules, seed }: { readonly rules: Rules; readonly seed: number },
): Promise<Installation> {
  const log = new WitnessedLog(
    { clock: partClock(site.agenda, () => true), pace: () => Promise.resolve() },
    site.tell.bind(site),
  );
  await log.ensureTopics(topicsOf(partitions));
  const randomness = seeded(seed, 'installation');
  const { policy, guard, breakers, guardLookMs, guardLabels } = rules;
  const { executor, inventoryRefreshMs, upkeepEveryMs } = rules;
  return {
    site,
    hardware,
    log,
    store: createMemoryStore({ partitionCount: partitions, outboxPartitions: 2, randomness }),
    policy,
    settings: {
      guard,
      ...{ breakers, guardLookMs, guardLabels },
      executor,
      inventoryRefreshMs,
      lease: undefined,
      upkeepEveryMs,
      prunes: true,
      takeOverMs: upkeepEveryMs,
      batchRecords: 500,
      zoneLabel: 'topology.kubernetes.io/zone',
    },
    commands: new Map<CommandId, Command>(),
    skewOf: () => 0,
  };
}

async function giveOrder(outside: Outside, at: number, order: GivenOrder): Promise<void> {
  const { node, kind, subject, reason } = order;
  const processId = order.processId as ProcessId;
  const key = nodeKey(clusterName, node as NodeName);
  const signal = { kind: 'Order', order: { kind, processId, subject, reason } } as const;
  const origin = { id: outside.uuid(), source: '/console', at, correlationId: processId };
  outside.write(await signalRecord(schemaIds, key, signal, origin));
}
