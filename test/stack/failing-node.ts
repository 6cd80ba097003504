import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startRedfish, type RedfishStack } from '../../stack/redfish.js';
import { SushyBridge } from '../../world/bmc/sushy-bridge.js';
import { realTimeClock } from '../../world/real-time-clock.js';
import { effects, isolations, requestsOfFaultline, type AuditedRequest } from './audit-log.js';
import { nodeNameOf, patience, startRealCluster, type RealCluster } from './real-cluster.js';
import type { Place } from '../../stack/site.js';
import { WatchedMachine } from './watched-machine.js';

const nodesPerCluster = 3;
export const replicas = 9;
export const faulty = nodeNameOf(0);
const long = { ...patience, timeout: 180_000 };
const isolationTaint = '{.spec.taints[?(@.key=="faultline.dev/maintenance")].effect}';

/** One Redfish service for the machines of several clusters, told apart by the cluster's name in front. */
export async function startBmcs(place: Place, clusters: readonly string[]): Promise<RedfishStack> {
  const systems = clusters.flatMap((cluster, first) =>
    Array.from({ length: nodesPerCluster }, (_, index) => ({
      uuid: `00000000-0000-4000-800${first}-${String(index).padStart(12, '0')}`,
      name: `${cluster}-${nodeNameOf(index)}`,
    })),
  );
  const redfish = await startRedfish({ systems, folder: join(place.folder, 'redfish') });
  place.cleanups.add(() => redfish.stop());
  return redfish;
}

function isRemoval({ resource, subresource, verb }: AuditedRequest): boolean {
  return resource === 'pods' && (subresource === 'eviction' || verb === 'delete');
}

interface PodOnNode {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly running: boolean;
}

/**
 * A node of a real cluster with workload, a BMC and a problem detector that tails its kernel's log; everything is
 * looked at from outside: by kubectl, Redfish, and the logs of both.
 */
export class FailingNode {
  readonly cluster: RealCluster;
  readonly #redfish: RedfishStack;
  readonly #machine: WatchedMachine;
  #before: readonly PodOnNode[] = [];
  #bootBefore = '';

  private constructor(cluster: RealCluster, redfish: RedfishStack, machine: WatchedMachine) {
    this.cluster = cluster;
    this.#redfish = redfish;
    this.#machine = machine;
  }

  /** Starts the cluster around it. `guarded`: a disruption budget forbids every eviction. */
  static async start(
    place: Place,
    redfish: RedfishStack,
    { cluster: name, guarded }: { readonly cluster: string; readonly guarded: boolean },
  ): Promise<FailingNode> {
    const cluster = await startRealCluster(place, name, nodesPerCluster);
    const bridge = await SushyBridge.start({
      baseUrl: redfish.url,
      machineOf: (system) =>
        system.startsWith(`${name}-`) ? cluster.fleet.machine(system.slice(name.length + 1)) : undefined,
      clock: realTimeClock(),
    });
    place.cleanups.add(() => bridge.stop());
    const { kubernetes } = cluster;
    await kubernetes.kubectl('create', 'deployment', 'web', '--image=none', `--replicas=${replicas}`);
    await kubernetes.kubectl('rollout', 'status', 'deployment/web', '--timeout=90s');
    if (guarded) {
      await kubernetes.kubectl(
        'create',
        'poddisruptionbudget',
        'web',
        '--selector=app=web',
        '--min-available=100%',
      );
    }
    return new FailingNode(cluster, redfish, await WatchedMachine.start(place, cluster, faulty));
  }

  /** Section of the configuration: where the BMCs of its cluster are. */
  get bmcs(): object {
    const nodes = this.cluster.fleet.machines.map(({ name }) => [name, { systemPath: this.#systemOf(name) }]);
    return { url: this.#redfish.url, nodes: Object.fromEntries(nodes) as object };
  }

  /** Remembers how it is, then its kernel writes what a hung task makes it write. */
  async fail(): Promise<void> {
    await expect.poll(() => this.#condition('KernelDeadlock'), patience).toBe('False');
    this.#before = (await this.#pods()).filter(({ node }) => node === faulty);
    expect(this.#before).not.toEqual([]);
    this.#bootBefore = await this.#value('{.status.nodeInfo.bootID}');
    await this.#machine.hang();
  }

  async isolated(): Promise<void> {
    await expect
      .poll(() => this.#value(`{.spec.unschedulable} ${isolationTaint}`), patience)
      .toBe('true NoSchedule');
  }

  async workloadRunsElsewhere(): Promise<void> {
    const leaving = new Set(this.#before.map(({ uid }) => uid));
    const left = async (): Promise<unknown> => (await this.#pods()).filter(({ uid }) => leaving.has(uid));
    await expect.poll(left, long).toEqual([]);
    const elsewhere = async (): Promise<unknown> =>
      (await this.#pods()).filter(({ node, running }) => running && node !== faulty);
    await expect.poll(elsewhere, long).toHaveLength(replicas);
  }

  /** Each of its pods was evicted or deleted, whether it has gone or not. */
  async workloadToldToGo(): Promise<void> {
    const told = async (): Promise<readonly string[]> => {
      const removed = effects(await this.requests()).filter(isRemoval);
      return this.#before.map(({ name }) => name).filter((pod) => !removed.some(({ name }) => name === pod));
    };
    await expect.poll(told, { ...long, interval: 100 }).toEqual([]);
  }

  /** By the log of its BMC: it is off for a moment only. */
  async switchedOff(): Promise<void> {
    await expect.poll(() => this.#resets(), long).not.toEqual([]);
  }

  /** Booted anew, well, and given back. */
  async returned(): Promise<void> {
    await expect.poll(() => this.#value('{.status.nodeInfo.bootID}'), long).not.toBe(this.#bootBefore);
    await expect.poll(() => this.#value('{.spec.unschedulable}'), long).toBe('');
    expect(await this.#value(isolationTaint)).toBe('');
    expect(await this.#power()).toBe('On');
    expect(await this.#condition('Ready')).toBe('True');
    expect(await this.#condition('KernelDeadlock')).toBe('False');
  }

  /** Everything that Faultline asked of this cluster's API server. */
  requests(): Promise<readonly AuditedRequest[]> {
    return requestsOfFaultline(this.cluster.kubernetes.auditLog);
  }

  /** API server and BMC witness: one isolation, each pod labelled and removed once (by `removal`), off and on once. */
  async eachEffectOnce(removal: 'create' | 'delete'): Promise<void> {
    const requests = await this.requests();
    const done = effects(requests);
    expect(isolations(requests, faulty)).toHaveLength(1);
    for (const { name } of this.#before) {
      const ofPod = done.filter((one) => one.resource === 'pods' && one.name === name);
      expect(ofPod.filter(({ request }) => request.includes('to-be-migrated'))).toHaveLength(1);
      expect(ofPod.filter(isRemoval).map(({ verb }) => verb)).toEqual([removal]);
    }
    const changed = done.filter(({ resource }) => resource === 'nodes').map(({ name }) => name);
    expect(new Set(changed)).toEqual(new Set([faulty]));
    expect(requests.filter(({ code }) => code === 403)).toEqual([]);
    expect(await this.#resets()).toHaveLength(2);
  }

  /** Each time that its BMC was told to change the power, off first. */
  async #resets(): Promise<readonly string[]> {
    const reset = `POST ${this.#systemOf(faulty)}/Actions/ComputerSystem.Reset`;
    const lines = (await readFile(this.#redfish.process.log, 'utf8')).split('\n');
    return lines.filter((line) => line.includes(reset));
  }

  #systemOf(node: string): string {
    const system = this.#redfish.systems.find(({ name }) => name === `${this.cluster.name}-${node}`);
    return `/redfish/v1/Systems/${system?.uuid ?? 'none'}`;
  }

  async #power(): Promise<unknown> {
    const answer = await fetch(`${this.#redfish.url}${this.#systemOf(faulty)}`);
    return ((await answer.json()) as { PowerState: unknown }).PowerState;
  }

  #value(path: string): Promise<string> {
    return this.cluster.value(path, 'node', faulty);
  }

  #condition(type: string): Promise<string> {
    return this.#value(`{.status.conditions[?(@.type=="${type}")].status}`);
  }

  async #pods(): Promise<readonly PodOnNode[]> {
    const path =
      '{range .items[*]}{.metadata.name} {.metadata.uid} {.status.phase} {.spec.nodeName}{"\\n"}{end}';
    const lines = (await this.cluster.value(path, 'pods', '--selector=app=web')).trim().split('\n');
    return lines.map((line) => {
      const [name = '', uid = '', phase = '', node = ''] = line.split(' ');
      return { name, uid, node, running: phase === 'Running' };
    });
  }
}
