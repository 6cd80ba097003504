import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { OrderKind } from '../../domain/signal.js';
import type { FactItem } from '../../services/console/forms/nodes.js';
import type { ProcessItem } from '../../services/console/forms/processes.js';
import { UnexpectedStatus, type KubernetesHttp } from '../../world/machines/kubernetes-access.js';
import { requestsOfFaultline, writes, type AuditedRequest } from './audit-log.js';
import type { RealCluster } from './real-cluster.js';

const maintenance = 'faultline.dev/maintenance';
const patience = { timeout: 60_000, interval: 250 };

interface NodeObject {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly providerID?: string;
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string }[];
  };
  readonly status: Readonly<Record<string, unknown>>;
}

/** How a node stands, for whoever may put workload on it. */
export interface Standing {
  readonly cordoned: boolean;
  /** Value of the isolation taint, empty without one. */
  readonly isolatedBy: string;
}

export interface LessonPlace {
  readonly cluster: RealCluster;
  /** As the administrator. */
  readonly http: KubernetesHttp;
  /** Of Faultline. */
  readonly url: string;
}

/** One node of a real cluster, looked at by its API server, and what Faultline tells about it by HTTP. */
export class NodeInLesson {
  readonly name: string;
  readonly #place: LessonPlace;

  constructor(place: LessonPlace, name: string) {
    this.#place = place;
    this.name = name;
  }

  get #path(): string {
    return `/api/v1/nodes/${this.name}`;
  }

  async object(): Promise<NodeObject> {
    return (await this.#place.http.send('GET', this.#path)).body as NodeObject;
  }

  async standing(): Promise<Standing> {
    const { spec } = await this.object();
    const taint = spec.taints?.find(({ key }) => key === maintenance);
    return { cordoned: spec.unschedulable === true, isolatedBy: taint?.value ?? '' };
  }

  kubectl(verb: string): Promise<string> {
    return this.#place.cluster.kubernetes.kubectl(verb, this.name);
  }

  /** Changes it as somebody, by the name under which the API server writes that down. */
  async patch(body: object, manager = 'a-person'): Promise<void> {
    await this.#place.http.send('PATCH', `${this.#path}?fieldManager=${manager}`, { body });
  }

  /**
   * Some write on it without a pause, each his own word, until Faultline has come too late for once, or has got through
   * between two of them.
   */
  async writeUntilPatched(): Promise<{
    readonly isRefused: boolean;
    readonly written: Record<string, string>;
  }> {
    const written: Record<string, string> = {};
    let answers: readonly number[] = [];
    const write = async (writer: number): Promise<void> => {
      for (let count = 1; answers.length === 0; count += 1) {
        const word = { [`test/writer-${writer}`]: String(count) };
        await this.patch({ metadata: { annotations: word } });
        Object.assign(written, word);
      }
    };
    const look = async (): Promise<void> => {
      while (answers.length === 0) {
        const asked = await this.asked();
        answers = asked
          .filter(({ verb, resource }) => verb === 'patch' && resource === 'nodes')
          .map(({ code }) => code);
      }
    };
    await Promise.all([look(), ...Array.from({ length: 8 }, (_, writer) => write(writer))]);
    return { isRefused: answers.some((code) => code === 409 || code === 422), written };
  }

  /** Deletes it, and registers the same machine under the same name, as a kubelet does that starts anew. */
  async recreate(): Promise<string> {
    const { http } = this.#place;
    const { metadata, spec, status } = await this.object();
    const { name, labels } = metadata;
    await http.send('DELETE', this.#path);
    await http.send('POST', '/api/v1/nodes', {
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
        spec: { providerID: spec.providerID },
      },
    });
    await http.send('PATCH', `${this.#path}/status`, { body: { status } });
    return (await this.object()).metadata.uid;
  }

  /** A pod on it that nobody may evict. */
  async guardedPod(): Promise<string> {
    const { http } = this.#place;
    const name = `guarded-${this.name}`;
    const labels = { app: name };
    const container = { name: 'main', image: 'none' };
    await http.send('POST', '/api/v1/namespaces/default/pods', {
      body: { metadata: { name, labels }, spec: { nodeName: this.name, containers: [container] } },
    });
    await http.send('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      body: { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: labels } } },
    });
    return name;
  }

  async hasPod(name: string): Promise<boolean> {
    try {
      const { body } = await this.#place.http.send('GET', `/api/v1/namespaces/default/pods/${name}`);
      return (body as { metadata: { deletionTimestamp?: string } }).metadata.deletionTimestamp === undefined;
    } catch (problem) {
      if (problem instanceof UnexpectedStatus && problem.status === 404) return false;
      throw problem;
    }
  }

  /** How the request that it leaves stands, by its own label. */
  async podIsMarked(name: string, status: string): Promise<void> {
    await vi.waitFor(async () => {
      const { body } = await this.#place.http.send('GET', `/api/v1/namespaces/default/pods/${name}`);
      const labels = { 'faultline.dev/migration': status };
      expect(body).toMatchObject({ metadata: { labels } });
    }, patience);
  }

  async report(type: string, more: object = {}): Promise<string> {
    const report = { cluster: 'a', node: this.name, type, status: 'firing', source: 'agent', ...more };
    const answer = await this.#post('/v1/reports', report);
    return ((await answer.json()) as { accepted: string[] }).accepted[0] ?? 'none';
  }

  async history(): Promise<readonly FactItem[]> {
    const path = `/v1/nodes/a/${this.name}/history?limit=500`;
    const answer = await fetch(this.#place.url + path);
    return answer.status === 404 ? [] : ((await answer.json()) as { items: FactItem[] }).items;
  }

  async happened(type: string): Promise<FactItem> {
    return vi.waitFor(async () => {
      const found = (await this.history()).find((fact) => fact.type === type);
      return found ?? expect.fail(`${this.name}: ${type} has not happened`);
    }, patience);
  }

  /** Its newest process. */
  async process(): Promise<ProcessItem | undefined> {
    const answer = await fetch(`${this.#place.url}/v1/processes?node=a/${this.name}`);
    const { items } = (await answer.json()) as { items: ProcessItem[] };
    return items.toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))[0];
  }

  async processIs(wanted: Partial<ProcessItem>): Promise<void> {
    await vi.waitFor(async () => {
      expect(await this.process()).toMatchObject(wanted);
    }, patience);
  }

  async isolated(): Promise<Standing> {
    return vi.waitFor(async () => {
      const standing = await this.standing();
      expect(standing.isolatedBy).not.toBe('');
      return standing;
    }, patience);
  }

  async order(kind: OrderKind): Promise<void> {
    const process = (await this.process())?.processId ?? 'none';
    const order = { kind, reason: 'a lesson', subject: 'tester' };
    const answer = await this.#post(`/v1/processes/${process}/orders`, order);
    expect(answer.status, await answer.text()).toBe(202);
  }

  /** What Faultline asked the API server to change about it, or (by its pods' name) about its pods. */
  async asked(): Promise<readonly AuditedRequest[]> {
    const all = await requestsOfFaultline(this.#place.cluster.kubernetes.auditLog);
    return writes(all).filter(({ name, resource }) => resource !== 'events' && name.endsWith(this.name));
  }

  /** Nothing at all is asked about it for so long. */
  async leftAlone(forMs: number): Promise<void> {
    const before = await this.asked();
    await pause(forMs);
    expect((await this.asked()).slice(before.length)).toEqual([]);
  }

  #post(path: string, body: object): Promise<Response> {
    return fetch(this.#place.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}
