import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';

/** Where an API server is and how to get in. */
export interface KubernetesAccess {
  /** `https://127.0.0.1:6443`. */
  readonly baseUrl: string;
  readonly token?: string;
  /** PEM. */
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

/** From a kubeconfig as the stack writes it: JSON, one cluster, one user with a token. */
export async function accessFromFile(path: string): Promise<KubernetesAccess> {
  const { clusters, users } = JSON.parse(await readFile(path, 'utf8')) as Kubeconfig;
  const [entry, user] = [clusters[0], users[0]];
  if (entry === undefined || user === undefined) throw new TypeError(`${path} names no cluster or no user`);
  const { server, 'certificate-authority-data': authority } = entry.cluster;
  return {
    baseUrl: server,
    certificateAuthority: Buffer.from(authority, 'base64').toString('utf8'),
    token: user.user.token,
  };
}

/** The API server answered with a status that the caller did not expect. */
export class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus';
  readonly status: number;

  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path}: ${status} ${body.slice(0, 300)}`);
    this.status = status;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const patchType = 'application/strategic-merge-patch+json';
const requestTimeoutMs = 30_000;

/** JSON over HTTP to one API server, with a few kept connections. */
export class KubernetesHttp {
  readonly #access: KubernetesAccess;
  readonly #agent: Agent;

  constructor(access: KubernetesAccess, connections = 8) {
    this.#access = access;
    this.#agent = new Agent({
      connections,
      connect: {
        ...(access.certificateAuthority === undefined ? {} : { ca: access.certificateAuthority }),
        ...(access.clientCertificate === undefined ? {} : { cert: access.clientCertificate }),
        ...(access.clientKey === undefined ? {} : { key: access.clientKey }),
      },
    });
  }

  /**
   * Resolves with status and body for 2xx and the statuses in `accept`; rejects with UnexpectedStatus, or with the
   * connection's own error.
   */
  async send(
    method: Method,
    path: string,
    options: { readonly body?: unknown; readonly accept?: readonly number[] } = {},
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const { token } = this.#access;
    const answer = await request(new URL(path, this.#access.baseUrl), {
      method,
      dispatcher: this.#agent,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      headers: {
        'user-agent': 'world-machines',
        accept: 'application/json',
        'content-type': method === 'PATCH' ? patchType : 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await answer.body.text();
    const status = answer.statusCode;
    if (status >= 300 && !(options.accept ?? []).includes(status)) {
      throw new UnexpectedStatus(method, path, status, text);
    }
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status, body };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
