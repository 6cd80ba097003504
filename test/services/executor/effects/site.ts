import { systemRandomness } from '../../../../adapters/clock/system-clock.js';
import { connectCluster } from '../../../../adapters/kubernetes/cluster.js';
import type { Clock } from '../../../../adapters/ports/clock.js';
import { createRedfishPowerController } from '../../../../adapters/redfish/power-controller.js';
import { createWebhookMachineActions } from '../../../../adapters/webhook/machine-actions.js';
import { createWebhookTicketSystem } from '../../../../adapters/webhook/ticket-system.js';
import type { Command, CommandParameters, CommandResult, CommandType } from '../../../../domain/command.js';
import type { BootId, NodeKey, NodeUid } from '../../../../domain/identifiers.js';
import { runExecutor } from '../../../../services/executor/executor.js';
import { defaultExecutorSettings, type ExecutorSettings } from '../../../../services/executor/settings.js';
import { startActionWebhook, type ActionWebhook } from '../../../../world/action-webhook/server.js';
import { Bmc } from '../../../../world/bmc/bmc.js';
import { startRedfishServer, type RedfishServer } from '../../../../world/bmc/redfish-server.js';
import { Fleet } from '../../../../world/machines/fleet.js';
import type { Machine } from '../../../../world/machines/machine.js';
import { registrationOf } from '../../../../world/machines/node-registration.js';
import type { JsonObject } from '../../../../world/kubernetes/kubernetes-object.js';
import { nodes } from '../../../../world/kubernetes/resources.js';
import { updateObject } from '../../../../world/kubernetes/write-verbs.js';
import { seededRandom } from '../../../../world/random.js';
import { TestCluster } from '../../../world/kubernetes/cluster.js';
import { nodeName } from '../../workload-on-node.js';
import { commandFor, silent } from '../command-for.js';
import { QueueOfOne } from '../queue-of-one.js';
import { Line } from './line.js';

export const image = 'os 1';
const nodeKey = `a/${nodeName}` as NodeKey;

export interface SiteOptions {
  /** Who acts on machines and takes tickets; true when absent. */
  readonly webhook?: boolean;
  readonly settings?: Partial<ExecutorSettings>;
}

/**
 * One simulated machine with its node, BMC and the people who repair it, and a real executor with the real adapters. Time
 * passes only while the executor waits, or when `cluster.pass` says so.
 */
export class Site {
  readonly queue = new QueueOfOne();
  readonly cluster: TestCluster;
  readonly machine: Machine;
  readonly bmc: Bmc;
  readonly bmcs: RedfishServer;
  readonly webhook: ActionWebhook;
  /** Between the executor and the webhook. */
  readonly line: Line;
  #duringWait: (() => void | Promise<void>) | undefined;
  #stop: () => Promise<void> = () => Promise.resolve();

  private constructor(parts: Pick<Site, 'cluster' | 'machine' | 'bmc' | 'bmcs' | 'webhook' | 'line'>) {
    this.cluster = parts.cluster;
    this.machine = parts.machine;
    this.bmc = parts.bmc;
    this.bmcs = parts.bmcs;
    this.webhook = parts.webhook;
    this.line = parts.line;
  }

  static async start(options: SiteOptions = {}): Promise<Site> {
    const cluster = await TestCluster.start([]);
    const { clock } = cluster;
    const random = seededRandom('site');
    const fleet = new Fleet({ nodes: 1, clock, random, link: cluster.server.kubelets, image });
    fleet.start();
    const [machine] = fleet.machines;
    if (machine === undefined) throw new Error('the fleet has no machine');
    const bmc = new Bmc({ machine, clock, random: random.fork('bmc'), networkImage: 'os 2' });
    const bmcs = await startRedfishServer({ bmcs: [bmc], clock });
    const webhook = await startActionWebhook({
      clock,
      random: random.fork('webhook'),
      machineOf: (node) => fleet.machine(node),
    });
    const line = new Line(webhook.baseUrl);
    await line.raise();
    const site = new Site({ cluster, machine, bmc, bmcs, webhook, line });
    site.#run(options);
    return site;
  }

  #run({ webhook = true, settings }: SiteOptions): void {
    const stopping = new AbortController();
    const clients = this.#connect();
    const { api, power, tickets, actions } = clients;
    const executor = runExecutor({
      queue: this.queue,
      clusters: new Map([['a', api]]),
      power,
      ...(webhook ? { tickets, actions } : {}),
      guard: { ask: () => Promise.resolve({ kind: 'ask', budgets: [], askAgainAt: {} }) },
      clock: this.#clock(),
      randomness: systemRandomness,
      settings: { ...defaultExecutorSettings, installation: 'inst1', ...settings },
      signal: stopping.signal,
      log: silent,
    });
    this.#stop = async () => {
      stopping.abort();
      await executor.ended;
      await Promise.all(Object.values(clients).map((client) => client.close()));
      await this.line.cut();
      await Promise.all([this.cluster.server.stop(), this.bmcs.stop(), this.webhook.stop()]);
    };
  }

  #connect() {
    const { server } = this.cluster;
    const partner = { baseUrl: this.line.baseUrl, timeoutMs: 2_000 };
    const systemPath = `/redfish/v1/Systems/${this.machine.systemUuid}`;
    return {
      api: connectCluster({
        cluster: 'a',
        access: { server: server.baseUrl, token: () => 'test' },
        clock: this.#clock(),
        randomness: systemRandomness,
        version: 'test',
      }),
      power: createRedfishPowerController({
        directory: { byNode: { [nodeKey]: { baseUrl: this.bmcs.baseUrl, systemPath } } },
        // What hangs is given up after this; wall time.
        timeoutMs: 100,
      }),
      tickets: createWebhookTicketSystem(partner),
      actions: createWebhookMachineActions(partner),
    };
  }

  /** Waiting is what lets the world's time pass. */
  #clock(): Clock {
    const { clock } = this.cluster;
    return {
      now: () => clock.now(),
      fromLogTime: (wallMs) => wallMs,
      waitUntil: async (instant) => {
        const meanwhile = this.#duringWait;
        this.#duringWait = undefined;
        await meanwhile?.();
        await this.cluster.pass(Math.max(0, instant - clock.now()) / 1000);
      },
    };
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Happens while the executor waits next. */
  duringNextWait(happens: () => void | Promise<void>): void {
    this.#duringWait = happens;
  }

  /** What the process believes the node to be: what it is now. */
  expected(): Command['expected'] {
    return {
      nodeUid: this.cluster.node(nodeName).metadata.uid as NodeUid,
      bootId: this.machine.bootId as BootId,
    };
  }

  command<Type extends CommandType>(
    type: Type,
    parameters: CommandParameters[Type],
    about: Partial<Parameters<typeof commandFor>[2]> = {},
  ): Extract<Command, { type: Type }> {
    return commandFor(type, parameters, { node: nodeKey, expected: this.expected(), ...about });
  }

  /** The Node object is deleted and comes back under another UID. */
  async recreateNode(): Promise<void> {
    const { kubelets } = this.cluster.server;
    kubelets.deregisterNode(nodeName);
    kubelets.registerNode(registrationOf(this.machine, { index: 0, detector: 'simulated', annotations: {} }));
    await this.cluster.pass(0);
  }

  /** A person keeps the node out of service, in no time. */
  putHold(text: string): void {
    const node = this.cluster.node(nodeName);
    const annotations = { ...node.metadata.annotations, 'faultline.dev/hold': text };
    this.#changeByHand({ ...node, metadata: { ...node.metadata, annotations } });
  }

  /** A person's `kubectl cordon` or `uncordon`. */
  cordon(unschedulable: boolean): void {
    const node = this.cluster.node(nodeName);
    this.#changeByHand({ ...node, spec: { ...node.spec, unschedulable } });
  }

  #changeByHand(body: JsonObject): void {
    const target = { resource: nodes, name: nodeName, subresource: undefined, manager: 'kubectl' };
    updateObject(this.cluster.server.state, target, this.cluster.node(nodeName), body, false);
  }

  /** @throws when the command was postponed, or its claim lost */
  async result(...given: Parameters<QueueOfOne['carryOut']>): Promise<CommandResult> {
    const ending = await this.queue.carryOut(...given);
    if (typeof ending === 'string') throw new Error(`not settled: ${ending}`);
    return ending;
  }

  async isolate(): Promise<void> {
    await this.result(this.command('isolateNode', { cordon: true, reason: 'KernelDeadlock' }));
  }
}
