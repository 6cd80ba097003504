import { Workload } from '../../services/workload.js';
import type { JournalOptions, OpenJournal } from '../../adapters/journal/options.js';
import { createMemoryJournal } from '../../adapters/memory/journal.js';
import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { MetricSource } from '../../adapters/ports/metric-source.js';
import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import type { Command } from '../../domain/command.js';
import type { CommandId } from '../../domain/identifiers.js';
import type { DetectorSettings } from '../../services/detector/detector.js';
import type { ExecutorSettings } from '../../services/executor/settings.js';
import type { Breaker } from '../../services/guard/breakers.js';
import type { GuardPolicy } from '../../services/guard/policy.js';
import type { Supervision } from '../../services/supervision.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import type { Policy } from '../../workflows/policy.js';
import type { Incarnation } from '../scheduler/incarnation.js';
import { partClock } from '../scheduler/part-clock.js';
import { steppable } from '../scheduler/steppable.js';
import { SimulatedCluster } from '../world/cluster.js';
import type { Site } from '../world/site.js';
import type { Hardware } from './hardware.js';
import {
  journalTroubles,
  kubernetesTroubles,
  logTroubles,
  orderTroubles,
  outboxTroubles,
  powerTroubles,
} from './troubles.js';
import { tripping } from './tripping.js';
import { maintenanceSource, witnessedInventory, witnessedQueue, type WitnessedLog } from './witnessed.js';

export const schemaIds = bundledSchemaIds();
export const partitions = 2;

/** How the parts are configured; times in ms. */
export interface InstallationSettings {
  readonly guard: GuardPolicy;
  readonly breakers: readonly Breaker[];
  /** How often breakers are held against new faults. */
  readonly guardLookMs: number;
  /** Labels of nodes that breakers and budgets may name. */
  readonly guardLabels: readonly string[];
  readonly executor: Omit<ExecutorSettings, 'installation'>;
  readonly inventoryRefreshMs: number;
  /** How old a kubelet's lease may be, and how often leases are looked at; undefined: they are not. */
  readonly lease: DetectorSettings['lease'];
  readonly upkeepEveryMs: number;
  /** Forget what is older than the journal has to remember; off where a schedule is too short for it. */
  readonly prunes: boolean;
  readonly takeOverMs: number;
  readonly batchRecords: number;
  readonly zoneLabel: string;
}

/** Where business metrics are read, and how often, ms. */
export interface MetricReader {
  readonly source: MetricSource;
  readonly readEveryMs: number;
}

/** What outlives every part. */
export interface Installation {
  readonly site: Site;
  readonly hardware: Hardware;
  /** Absent where the guard's policy names no business metrics. */
  readonly business?: MetricReader;
  readonly log: WitnessedLog;
  /** The journal that there is now: the parts of one that is lost are gone with it. */
  readonly store: MemoryStore;
  readonly policy: Policy;
  readonly settings: InstallationSettings;
  /** Commands that went over the queue's port, by id. */
  readonly commands: Map<CommandId, Command>;
  /** How far a part's clock is ahead of true time, ms. */
  skewOf(part: string): number;
  /** Each part's journal goes through this. */
  readonly overhear?: Overhear;
}

/** Hears every call that reaches a journal, also of parts that have died since they made it. */
export type Overhear = (journal: OpenJournal, options: JournalOptions, store: MemoryStore) => OpenJournal;

/** Everything that one incarnation of a part reaches the outside by. */
export interface Ports {
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly supervision: Supervision;
  readonly eventLog: WitnessedLog;
  readonly journal: OpenJournal;
  readonly cluster: KubernetesCluster;
  readonly power: PowerController;
  readonly tickets: TicketSystem;
  readonly actions: MachineActions;
  readonly business?: MetricReader;
}

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function portsOf(installation: Installation, incarnation: Incarnation): Ports {
  const skewMs = installation.skewOf(incarnation.name);
  const clock = partClock(installation.site.agenda, incarnation.isAlive, skewMs);
  const signal = incarnation.stopping.signal;
  return {
    incarnation,
    clock,
    supervision: { clock, randomness: incarnation.random, log: silent, signal, workload: new Workload() },
    eventLog: steppable(incarnation, installation.log, {
      name: 'log',
      verbs: ['append'],
      troubles: () => logTroubles,
    }),
    journal: journalOf(installation, incarnation, clock, skewMs),
    cluster: clusterOf(installation.site, incarnation),
    ...machinesOf(installation, incarnation),
    ...businessOf(installation, incarnation),
  };
}

function journalOf(
  installation: Installation,
  incarnation: Incarnation,
  clock: Clock,
  skewMs: number,
): OpenJournal {
  const { store, site, commands, overhear } = installation;
  const options = {
    clock,
    randomness: incarnation.random,
    writer: createOutboxWriter({
      source: maintenanceSource(store.installation.id),
      epoch: store.installation.epoch,
    }),
    partitionCount: partitions,
    outboxPartitions: store.outboxPartitions,
  };
  const memory = createMemoryJournal(options, store);
  const open = overhear?.(memory, options, store) ?? memory;
  const tell = site.tell.bind(site);
  const troubles = () => journalTroubles;
  const stepped = <Port extends object>(
    name: string,
    port: Port,
    verbs: readonly (keyof Port & string)[],
  ): Port => steppable(incarnation, port, { name, verbs, troubles });
  return {
    journal: stepped('journal', tripping(open.journal, incarnation), ['startAt', 'advance']),
    commands: stepped(
      'commands',
      witnessedQueue(open.commands, incarnation.name, { tell, commands, skewMs }),
      ['claimable', 'justIssued', 'claim', 'extend', 'postpone', 'settle', 'releaseEnded', 'nextDue'],
    ),
    timers: stepped('timers', open.timers, ['fireDue', 'nextDue']),
    outbox: steppable(incarnation, open.outbox, {
      name: 'outbox',
      verbs: ['acquire', 'release', 'unsent', 'markSent'],
      ofSession: ['acquire', 'release'],
      troubles: (verb) => outboxTroubles(verb, () => void open.close()),
    }),
    history: stepped('history', open.history, ['states', 'state', 'parked']),
    inventory: stepped('inventory', witnessedInventory(open.inventory, tell), [
      'replace',
      'change',
      'picture',
      'member',
    ]),
    upkeep: open.upkeep,
    deadLetters: open.deadLetters,
    positions: open.positions,
    archive: open.archive,
    archiving: open.archiving,
    nodeStates: open.nodeStates,
    changeBook: stepped('changeBook', open.changeBook, ['takeBack', 'soaking', 'endSoak', 'granted', 'end']),
    guardPolicies: open.guardPolicies,
    guardHistory: open.guardHistory,
    // One transaction, at each look of the guard: nearly always of nothing.
    pauseNews: open.pauseNews,
    guardBook: stepped('guardBook', open.guardBook, [
      'present',
      'begin',
      'update',
      'end',
      'cases',
      'answeredSince',
      'judge',
    ]),
    close: () => open.close(),
  };
}

function businessOf({ business }: Installation, incarnation: Incarnation): Pick<Ports, 'business'> {
  if (business === undefined) return {};
  const steps = { name: 'business', verbs: ['at'], troubles: () => [] } as const;
  return { business: { ...business, source: steppable(incarnation, business.source, steps) } };
}

function clusterOf(site: Site, incarnation: Incarnation): KubernetesCluster {
  const broken = [{ name: 'broken', acts: false, answer: () => undefined }];
  const cluster = new SimulatedCluster(site, incarnation.name, {
    list: (read) => incarnation.call('kubernetes.listNodes', () => Promise.resolve(read())),
    hear: (event) => incarnation.call('kubernetes.watch', () => Promise.resolve(event()), broken),
  });
  return steppable(incarnation, cluster, {
    name: 'kubernetes',
    verbs: [
      'version',
      'getNode',
      'patchNode',
      'listPodsOnNode',
      'patchPod',
      'evictPod',
      'deletePod',
      'getPod',
    ],
    troubles: kubernetesTroubles,
    beforeAct: (issuedAt) => {
      cluster.issuedAt = issuedAt;
    },
  });
}

function machinesOf(
  { hardware }: Installation,
  incarnation: Incarnation,
): Pick<Ports, 'power' | 'tickets' | 'actions'> {
  const bmcs = hardware.power(incarnation.name);
  const actions = hardware.actions(incarnation.name);
  return {
    power: steppable(incarnation, bmcs, {
      name: 'bmc',
      verbs: ['read', 'forceOff', 'on', 'bootFromNetworkOnce'],
      troubles: powerTroubles,
      beforeAct: (issuedAt) => {
        bmcs.issuedAt = issuedAt;
      },
    }),
    tickets: steppable(incarnation, hardware.tickets(), {
      name: 'tickets',
      verbs: ['open', 'status'],
      troubles: orderTroubles,
    }),
    actions: steppable(incarnation, actions, {
      name: 'actions',
      verbs: ['start', 'status'],
      troubles: orderTroubles,
      beforeAct: (issuedAt) => {
        actions.issuedAt = issuedAt;
      },
    }),
  };
}
