import { startActionWebhook, type ActionWebhook } from '../../../world/action-webhook/server.js';
import { Bmc } from '../../../world/bmc/bmc.js';
import { startRedfishServer, type RedfishServer } from '../../../world/bmc/redfish-server.js';
import type { WorldClock } from '../../../world/clock.js';
import type { LoggedRequest } from '../../../world/kubernetes/request-log.js';
import { Fleet } from '../../../world/machines/fleet.js';
import type { KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import type { NodeLink } from '../../../world/machines/node-link.js';
import { createWorkload } from '../../../world/machines/workload.js';
import type { WorldRandom } from '../../../world/random.js';
import type { NodeAtTheEnd } from './nodes-at-the-end.js';

/** The data centre of the demo: one cluster with its machines, BMCs and the people who repair. */
export interface DemoWorld {
  readonly cluster: string;
  readonly random: WorldRandom;
  readonly fleet: Fleet;
  readonly bmcs: RedfishServer;
  readonly webhook: ActionWebhook;
  /** Where Faultline finds the cluster: a kubeconfig by its content or by its path. */
  readonly kubeconfig: object | string;
  /** Builds what runs on the cluster; call it while the clock moves. */
  createWorkload(): Promise<void>;
  /** Nothing of the cluster is still on its way by itself. */
  isSettled(): Promise<boolean>;
  /** Every write that the API server answered, oldest first. */
  writes(): Promise<readonly LoggedRequest[]>;
  /** The nodes, as the API server stores them. */
  nodesNow(): Promise<readonly NodeAtTheEnd[]>;
  stop(): Promise<void>;
}

export interface DemoWorldOptions {
  readonly cluster: string;
  readonly nodes: number;
  readonly random: WorldRandom;
  readonly clock: WorldClock;
  /** Hears of a node whose machine a technician has finished with. */
  readonly onRepaired: (node: string) => void;
}

/** What machines run at first, and what a reinstallation puts on them. */
export const machineImage = 'Faultline OS 7';

/** What stands around the machines of a fleet. */
export interface Surroundings {
  readonly bmcs: RedfishServer;
  readonly webhook: ActionWebhook;
  stop(): Promise<void>;
}

/** BMCs, ticket system and action runner for the machines of a fleet. */
export async function startSurroundings(
  fleet: Fleet,
  { clock, random, onRepaired }: DemoWorldOptions,
): Promise<Surroundings> {
  const bmcs = await startRedfishServer({
    clock,
    bmcs: fleet.machines.map(
      (machine) =>
        new Bmc({ machine, clock, random: random.fork(`bmc/${machine.name}`), networkImage: machineImage }),
    ),
  });
  const webhook = await startActionWebhook({
    clock,
    random: random.fork('webhook'),
    machineOf: (node) => fleet.machine(node),
    onRepaired: ({ machine }) => {
      onRepaired(machine);
    },
  });
  return {
    bmcs,
    webhook,
    stop: async () => {
      await Promise.all([bmcs.stop(), webhook.stop()]);
    },
  };
}

/** As many machines as wanted, not yet started. */
export function fleetOf({ nodes, clock, random }: DemoWorldOptions, link: NodeLink): Fleet {
  return new Fleet({ nodes, clock, random, link, image: machineImage });
}

/** What runs on a cluster of so many nodes. */
export async function createDemoWorkload(
  http: KubernetesHttp,
  { nodes, random }: DemoWorldOptions,
  ownedBy: 'ReplicaSet' | 'Deployment',
): Promise<void> {
  await createWorkload({
    http,
    random: random.fork('workload'),
    namespace: 'shop',
    replicaSets: Math.max(1, Math.floor(nodes / 2)),
    ownedBy,
    budgetShare: 0.5,
    barePods: Math.floor(nodes / 32),
    daemonSet: true,
  });
}
