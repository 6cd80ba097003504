import { stringify } from 'yaml';

import { isolationTaint } from '../../adapters/ports/node-marks.js';
import { namesOf } from '../../domain/identifiers.js';
import { playRecord, type PlayedRecord } from '../../simulation/record/play-record.js';
import type { Rules } from '../../simulation/record/data-centre.js';
import type { Happening } from '../../simulation/world/happening.js';
import { clusterName } from '../../simulation/world/site.js';
import { placeLabels } from '../../world/machines/node-registration.js';
import { withOutage, type OutageOf } from '../../world/record/outage.js';
import type { FailureRecord } from '../../world/record/row.js';
import { readRecordFile } from '../../world/record/read-record.js';
import { parseConfiguration } from '../configuration/load.js';
import { recordBehaviour } from './demo/configuration-file.js';
import { leftOutOfService, nodeAtTheEnd, type NodeAtTheEnd } from './demo/nodes-at-the-end.js';
import { countRecord, type RecordCounts } from './demo/record-counts.js';
import { Witness } from './demo/witness.js';
import { machineImage } from './demo/world.js';
import { incidentsOf, mostWithin, type MostWithin, type SimulatedIncident } from './simulated-incidents.js';
import { executorSettings } from './start/executor-settings.js';

export interface SimulateOptions {
  readonly record: string;
  readonly nodes: number;
  readonly days?: number;
  readonly seed: number;
  /** So many nodes fail together, over the record, after its first two days: those of racks, of switches or of power domains. */
  readonly outage?: { readonly nodes: number; readonly of: OutageOf };
}

/** What a record came to in virtual time, counted from what was published and from what reached the simulated world. */
export interface SimulationResult extends RecordCounts {
  readonly apiVersion: 'faultline.dev/v1';
  readonly kind: 'SimulationResult';
  readonly nodes: number;
  readonly effects: Readonly<Record<string, number>>;
  readonly cordonedLeft: number;
  readonly incidents: readonly SimulatedIncident[];
  /** The most nodes that had new faults within an hour. */
  readonly mostWithinAnHour: MostWithin;
  readonly seed: number;
  readonly hash: string;
  readonly steps: number;
  readonly virtualDays: number;
  readonly seconds: number;
  readonly violations: readonly NonNullable<PlayedRecord['violation']>[];
}

/** `faultline simulate`. Rejects when the record can't be read. */
export async function simulateRecord(options: SimulateOptions): Promise<SimulationResult> {
  const { nodes, days, seed, outage } = options;
  const read = await readRecordFile(options.record, { nodes, ...(days === undefined ? {} : { days }) });
  const record = outage === undefined ? read : withOutageEarly(read, nodes, outage);
  const witness = new Witness(() => undefined);
  const effects = new Effects();
  const begun = performance.now();
  const played = await playRecord({
    record,
    nodes,
    seed,
    rules: rulesOfTheRecord(),
    image: machineImage,
    active: () => witness.active,
    listen: (happening) => {
      if (happening.kind === 'published') witness.take(happening.record);
      else effects.count(happening);
    },
  });
  const { ledger, hash, steps, virtualMs, violation, store } = played;
  return {
    apiVersion: 'faultline.dev/v1',
    kind: 'SimulationResult',
    ...countRecord({ cluster: clusterName, witness, ledger, dirty: record.dirty }),
    nodes,
    effects: effects.counts,
    cordonedLeft: leftOutOfService(effects.nodes, witness),
    incidents: incidentsOf(store),
    mostWithinAnHour: mostWithin(hourMs, store),
    seed,
    hash,
    steps,
    virtualDays: Math.round(virtualMs / 86_400_000),
    seconds: Math.round((performance.now() - begun) / 10) / 100,
    violations: violation === undefined ? [] : [violation],
  };
}

/** The demo's configuration, without what it says about addresses. */
function rulesOfTheRecord(): Rules {
  const cluster = { name: clusterName, kubeconfig: 'simulated.yaml', mode: 'active' };
  const configuration = parseConfiguration(
    stringify({ ...recordBehaviour, guard: { ...recordBehaviour.guard, ...watchful }, clusters: [cluster] }),
    'simulated.yaml',
  );
  return {
    policy: configuration.policy,
    guard: { ...configuration.guard.policy, askAgainMs },
    ...{ breakers: configuration.guard.breakers, guardLookMs: configuration.guard.lookEveryMs },
    guardLabels: configuration.guard.labels,
    approvesIncidents: true,
    executor: executorSettings(configuration),
    inventoryRefreshMs: configuration.detector.inventoryRefreshEveryMs,
    upkeepEveryMs: configuration.upkeepEveryMs,
  };
}

const hourMs = 3_600_000;
/** Time stops for everyone who waits and asks again: what is given back wakes the first ones in line by itself. */
const askAgainMs = 5 * 60_000;

/** Time stops at each look, so there are few: what a fleet in real time is told within a second, this one is within minutes. */
const watchful = {
  lookEvery: '10m',
  labels: Object.values(placeLabels),
  breakers: [
    ...Object.entries(placeLabels).map(([name, label]) => ({
      ...{ name, scope: `label:${label}`, nodes: 4, share: 0.2, within: '1h' },
    })),
    { name: 'many', nodes: 15, share: 0.01, within: '1h' },
  ],
};

function withOutageEarly(
  record: FailureRecord,
  fleet: number,
  outage: NonNullable<SimulateOptions['outage']>,
): FailureRecord {
  const first = record.rows[0]?.startedAt ?? 0;
  return withOutage(record, fleet, { ...outage, at: first + 48 * hourMs, lastsMs: 4 * hourMs });
}

/** What reached the simulated cluster and machines, in the words of the demo's result. */
class Effects {
  readonly counts: Record<string, number> = {};
  readonly #nodes = new Map<string, NodeAtTheEnd>();

  /** Those that were written to. */
  get nodes(): readonly NodeAtTheEnd[] {
    return [...this.#nodes.values()];
  }

  count(happening: Happening): void {
    const effect = this.#effectOf(happening);
    if (effect !== undefined) this.counts[effect] = (this.counts[effect] ?? 0) + 1;
  }

  #effectOf(happening: Happening): string | undefined {
    if (happening.kind === 'machine touched') return touches[happening.verb];
    if (happening.kind === 'pod told to go') return happening.verb === 'evict' ? 'evict' : 'deletePod';
    if (happening.kind !== 'node patched') return undefined;
    const { node, before, after } = happening;
    const taint = isolationTaint(after)?.value;
    const { metadata, spec } = after;
    const read = { name: metadata.name, annotations: metadata.annotations, taints: spec.taints ?? [] };
    const unschedulable = spec.unschedulable === true;
    this.#nodes.set(node, nodeAtTheEnd(namesOf(node).cluster, { ...read, unschedulable }));
    return taint !== undefined && isolationTaint(before)?.value !== taint ? 'isolate' : 'nodePatch';
  }
}

const touches = {
  forceOff: 'powerOff',
  on: 'powerOn',
  reimage: 'reimage',
  'restart-component': 'restartComponent',
} as const;
