import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { KubernetesStack } from '../stack/kubernetes.js';

/** One operation of a JSON patch. */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** As much of a Node as the benchmark looks at. */
export interface NodeObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly object[] };
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

/** The API server without any client in between: kept-alive connections, no retries, an unexpected status throws. */
export class NodeApi {
  readonly #server: string;
  readonly #token: string;
  readonly #agent: Agent;

  private constructor(server: string, token: string, agent: Agent) {
    this.#server = server;
    this.#token = token;
    this.#agent = agent;
  }

  /** @param identity whose rights: `faultline`, `admin`… */
  static async open(kubernetes: KubernetesStack, identity: string): Promise<NodeApi> {
    const config = JSON.parse(await readFile(kubernetes.kubeconfigOf(identity), 'utf8')) as Kubeconfig;
    const authority = config.clusters[0]?.cluster['certificate-authority-data'] ?? '';
    const ca = Buffer.from(authority, 'base64').toString('utf8');
    const agent = new Agent({ connections: 32, pipelining: 1, keepAliveTimeout: 60_000, connect: { ca } });
    return new NodeApi(kubernetes.server, config.users[0]?.user.token ?? '', agent);
  }

  /** A node as a kubelet would register it, ready. */
  create(name: string): Promise<unknown> {
    const status = {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
        ...['MemoryPressure', 'DiskPressure', 'PIDPressure', 'KernelDeadlock'].map((type) => ({
          type,
          status: 'False',
        })),
      ],
      nodeInfo: { bootID: `boot-of-${name}`, systemUUID: `system-of-${name}`, osImage: 'Faultline OS 1' },
    };
    const labels = { 'kubernetes.io/os': 'linux', 'node.kubernetes.io/instance-type': 'compute' };
    return this.#send('POST', '/api/v1/nodes', { kind: 'Node', metadata: { name, labels }, status });
  }

  remove(name: string): Promise<unknown> {
    return this.#send('DELETE', `/api/v1/nodes/${name}`);
  }

  async read(name: string): Promise<NodeObject> {
    return (await this.#send('GET', `/api/v1/nodes/${name}`)) as NodeObject;
  }

  async patch(name: string, patch: readonly PatchOperation[]): Promise<NodeObject> {
    const type = 'application/json-patch+json';
    return (await this.#send('PATCH', `/api/v1/nodes/${name}`, patch, type)) as NodeObject;
  }

  /** Calls back with the name of every node that is seen cordoned, from now on. Resolves once it watches. */
  async watchCordons(onCordoned: (name: string) => void): Promise<void> {
    const { metadata } = (await this.#send('GET', '/api/v1/nodes?limit=1')) as {
      metadata: { resourceVersion: string };
    };
    const path = `/api/v1/nodes?watch=true&resourceVersion=${metadata.resourceVersion}`;
    const { statusCode, body } = await request(this.#server + path, {
      dispatcher: this.#agent,
      headers: this.#headers(),
      bodyTimeout: 0,
    });
    if (statusCode !== 200) throw new Error(`watching nodes: ${statusCode} ${await body.text()}`);
    let rest = '';
    body.setEncoding('utf8');
    body.on('error', () => undefined);
    body.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { object } = JSON.parse(line) as { object: NodeObject };
        if (object.spec.unschedulable === true) onCordoned(object.metadata.name);
      }
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #headers(): Record<string, string> {
    return { accept: 'application/json', authorization: `Bearer ${this.#token}` };
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    content?: unknown,
    type = 'application/json',
  ): Promise<unknown> {
    const { statusCode, body } = await request(this.#server + path, {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#headers(), ...(content === undefined ? {} : { 'content-type': type }) },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}
