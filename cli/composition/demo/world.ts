import { startActionWebhook, type ActionWebhook } from '../../../world/action-webhook/server.js';
import { Bmc } from '../../../world/bmc/bmc.js';
import { startRedfishServer, type RedfishServer } from '../../../world/bmc/redfish-server.js';
import type { WorldClock } from '../../../world/clock.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { Fleet } from '../../../world/machines/fleet.js';
import { KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import { createWorkload } from '../../../world/machines/workload.js';
import { seededRandom, type WorldRandom } from '../../../world/random.js';

/** The simulated data centre of the demo: one cluster with its machines, BMCs and the people who repair. */
export interface DemoWorld {
  readonly cluster: string;
  readonly random: WorldRandom;
  readonly fleet: Fleet;
  readonly api: SimulatedApiServer;
  readonly bmcs: RedfishServer;
  readonly webhook: ActionWebhook;
  /** Builds what runs on the cluster; call it while the clock moves. */
  createWorkload(): Promise<void>;
  stop(): Promise<void>;
}

export interface DemoWorldOptions {
  readonly cluster: string;
  readonly nodes: number;
  readonly seed: string;
  readonly clock: WorldClock;
  /** Hears of a node whose machine a technician has finished with. */
  readonly onRepaired: (node: string) => void;
}

/** What machines run at first, and what a reinstallation puts on them. */
export const machineImage = 'Faultline OS 7';
const token = 'demo-token';

export async function startDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { cluster, nodes, seed, clock } = options;
  const random = seededRandom(seed);
  const api = await startSimulatedApiServer({ clock, token });
  const fleet = new Fleet({ nodes, clock, random, link: api.kubelets, image: machineImage });
  fleet.start();
  const machineOf = (node: string) => fleet.machine(node);
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
    machineOf,
    onRepaired: ({ machine }) => {
      options.onRepaired(machine);
    },
  });
  const http = new KubernetesHttp({ baseUrl: api.baseUrl, token });
  return {
    cluster,
    random,
    fleet,
    api,
    bmcs,
    webhook,
    createWorkload: async () => {
      await createWorkload({
        http,
        random: random.fork('workload'),
        namespace: 'shop',
        replicaSets: Math.max(1, Math.floor(nodes / 2)),
        budgetShare: 0.5,
        barePods: Math.floor(nodes / 32),
        daemonSet: true,
      });
    },
    stop: async () => {
      await http.close();
      await Promise.all([api.stop(), bmcs.stop(), webhook.stop()]);
    },
  };
}
