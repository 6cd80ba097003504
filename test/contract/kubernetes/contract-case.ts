import { expect } from 'vitest';
import type { Answer, ApiClient } from './api-client.js';

/** One thing that a Kubernetes API server does; it must hold on the real and on the simulated one. */
export interface ContractCase {
  readonly name: string;
  run(context: CaseContext): Promise<void>;
}

export interface ServerControl {
  /** Makes the server forget its past changes, as a compaction does. */
  forgetHistory(): Promise<void>;
}

/** What a case works with: the server, a prefix that no other case uses, and objects that are cleaned up after it. */
export class CaseContext {
  readonly api: ApiClient;
  readonly server: ServerControl;
  readonly unique: string;
  readonly #created: string[] = [];

  constructor(api: ApiClient, server: ServerControl, unique: string) {
    this.api = api;
    this.server = server;
    this.unique = unique;
  }

  /** A name of this case's own. */
  name(suffix: string): string {
    return `${this.unique}-${suffix}`;
  }

  /** Creates an object and has it removed after the case. */
  async create(collection: string, body: unknown): Promise<Answer> {
    const answer = await this.api.post(collection, body);
    if (answer.code === 201) this.willRemove(`${collection}/${text(answer.body, 'metadata', 'name')}`);
    return answer;
  }

  willRemove(path: string): void {
    this.#created.push(path);
  }

  /** A Ready node, once the server's controllers have finished with it. Returns it as read then. */
  async readyNode(
    suffix: string,
    fields: { labels?: Record<string, string>; spec?: object } = {},
  ): Promise<unknown> {
    const name = this.name(suffix);
    const answer = await this.create(nodesPath, {
      metadata: { name, labels: fields.labels ?? {}, annotations: { 'node.alpha.kubernetes.io/ttl': '0' } },
      spec: fields.spec ?? {},
      status: {
        capacity: { cpu: '8', memory: '8Gi', pods: '110' },
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      },
    });
    expect(answer.code).toBe(201);
    return this.until(nodePath(name), (node) => {
      const taints = at(node, 'spec', 'taints');
      return (
        !Array.isArray(taints) || !taints.some((taint) => at(taint, 'key') === 'node.kubernetes.io/not-ready')
      );
    });
  }

  /** A pod that no scheduler takes; with a node name it is bound from the start. Returns it as created. */
  async pod(suffix: string, fields: { metadata?: object; spec?: object } = {}): Promise<unknown> {
    const answer = await this.create(podsPath, podBody(this.name(suffix), this.unique, fields));
    expect(answer.code).toBe(201);
    return answer.body;
  }

  /** A pod on a node, reported as running and ready the way a kubelet does. */
  async runningPod(suffix: string, nodeName: string, fields: { metadata?: object } = {}): Promise<unknown> {
    await this.pod(suffix, { ...fields, spec: { nodeName } });
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    const path = `${podPath(this.name(suffix))}/status`;
    const answer = await this.api.patch(path, 'application/strategic-merge-patch+json', { status });
    expect(answer.code).toBe(200);
    return answer.body;
  }

  /** Reads the path again and again until what it shows is as wanted; fails with the last state after 15 s. */
  async until(path: string, wanted: (body: unknown) => boolean): Promise<unknown> {
    let last: unknown;
    await expect
      .poll(
        async () => {
          last = (await this.api.get(path)).body;
          return wanted(last) ? 'as wanted' : JSON.stringify(last);
        },
        { timeout: 15_000, interval: 20 },
      )
      .toBe('as wanted');
    return last;
  }

  async cleanUp(): Promise<void> {
    for (const path of this.#created.reverse()) {
      await this.api.patch(path, 'application/merge-patch+json', { metadata: { finalizers: null } });
      await this.api.delete(path, { gracePeriodSeconds: 0 });
    }
  }
}

export const nodesPath = '/api/v1/nodes';
export const podsPath = '/api/v1/namespaces/default/pods';
export const eventsPath = '/api/v1/namespaces/default/events';
export const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
export const budgetsPath = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

export function nodePath(name: string): string {
  return `${nodesPath}/${name}`;
}

export function podPath(name: string): string {
  return `${podsPath}/${name}`;
}

export function podBody(
  name: string,
  app: string,
  fields: { metadata?: object; spec?: object } = {},
): object {
  return {
    metadata: { name, labels: { app }, ...fields.metadata },
    spec: { schedulerName: 'none', containers: [{ name: 'main', image: 'none' }], ...fields.spec },
  };
}

/** The value at the end of the path of fields; undefined when the path breaks off. */
export function at(value: unknown, ...fields: readonly string[]): unknown {
  let result: unknown = value;
  for (const field of fields) {
    result = typeof result === 'object' && result !== null ? Reflect.get(result, field) : undefined;
  }
  return result;
}

/** The text at the end of the path of fields; fails the case when there is none. */
export function text(value: unknown, ...fields: readonly string[]): string {
  const found = at(value, ...fields);
  if (typeof found !== 'string') expect.fail(`no text at ${fields.join('.')} of ${JSON.stringify(value)}`);
  return found;
}

export function items(list: unknown): readonly unknown[] {
  const found = at(list, 'items');
  return Array.isArray(found) ? found : [];
}

/** Expects a Failure Status of this code and reason, with these fields besides. */
export function expectRefusal(
  answer: Answer,
  code: number,
  reason: string | undefined,
  fields: object = {},
): void {
  expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, ...fields });
  expect(at(answer.body, 'reason')).toBe(reason);
  expect(answer.code).toBe(code);
}
