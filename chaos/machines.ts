import { Bmc } from '../world/bmc/bmc.js';
import { startRedfishServer } from '../world/bmc/redfish-server.js';
import { startActionWebhook } from '../world/action-webhook/server.js';
import { Fleet } from '../world/machines/fleet.js';
import { HttpNodeLink } from '../world/machines/http-node-link.js';
import { accessFromFile, KubernetesHttp } from '../world/machines/kubernetes-access.js';
import { seededRandom } from '../world/random.js';
import { realTimeClock } from '../world/real-time-clock.js';
import type { KubernetesStack } from '../stack/kubernetes.js';
import type { Cleanups } from '../stack/site.js';

const image = 'Faultline OS 1';

/** Machines that are the nodes of a real cluster, their BMCs, and whoever mends them. */
export interface Machines {
  readonly fleet: Fleet;
  /** Base URL of all BMCs. */
  readonly bmcs: string;
  /** Base URL of the ticket system and the runner of actions. */
  readonly webhook: string;
}

/** Starts them and registers their nodes, directly: nothing of what is cut or killed stands between a machine and its BMC. */
export async function startMachines(
  cleanups: Cleanups,
  { kubernetes, nodes, seed }: { kubernetes: KubernetesStack; nodes: number; seed: string },
): Promise<Machines> {
  const http = new KubernetesHttp(await accessFromFile(kubernetes.kubeconfigOf('world')));
  cleanups.add(() => http.close());
  const clock = realTimeClock();
  const random = seededRandom(seed);
  const link = new HttpNodeLink({ http, clock, leaseSeconds: 20 });
  cleanups.add(() => link.close());
  const fleet = new Fleet({
    nodes,
    clock,
    link,
    random,
    image,
    bootMs: [3_000, 5_000],
    installMs: [4_000, 8_000],
  });
  fleet.start();
  await link.settled();
  const bmcs = fleet.machines.map(
    (machine) =>
      new Bmc({ machine, clock, random: random.fork(`bmc of ${machine.name}`), networkImage: image }),
  );
  const redfish = await startRedfishServer({ bmcs, clock });
  cleanups.add(() => redfish.stop());
  const webhook = await startActionWebhook({ clock, random, machineOf: (node) => fleet.machine(node) });
  cleanups.add(() => webhook.stop());
  return { fleet, bmcs: redfish.baseUrl, webhook: webhook.baseUrl };
}
