import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { WorldClock } from '../clock.js';
import { type Bmc, bootTargets, resetTypes } from './bmc.js';
import {
  computerSystem,
  redfishError,
  serviceRoot,
  systemCollection,
  systemPath,
} from './redfish-resources.js';

/** One request as a BMC got it; the demo counts effects from these. */
export interface RedfishRequest {
  readonly method: string;
  readonly path: string;
  /** Name of the machine that it was for. */
  readonly machine: string | undefined;
  readonly body: unknown;
  /** Undefined: never answered. */
  readonly status: number | undefined;
  /** World's clock, ms. */
  readonly at: number;
}

export interface RedfishServerOptions {
  readonly bmcs: readonly Bmc[];
  readonly clock: WorldClock;
  /** A free one, if not given. */
  readonly port?: number;
  /** HTTP Basic; open, if not given. */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly onRequest?: (request: RedfishRequest) => void;
}

export interface RedfishServer {
  /** `http://127.0.0.1:PORT`, without `/redfish/v1`. */
  readonly baseUrl: string;
  /** Everything that came, in order of arrival. */
  readonly requests: readonly RedfishRequest[];
  /** Hung requests are cut off. */
  stop(): Promise<void>;
}

/** `none`: never answered. */
type Answer = 'none' | { readonly status: number; readonly body?: object; readonly location?: string };

const systemRoute = '/redfish/v1/Systems/:id';
const resetRoute = `${systemRoute}/Actions/ComputerSystem.Reset`;

/**
 * Serves all BMCs on one port of the loopback interface. A system is found by its UUID; its machine's name redirects
 * there (307), as with the emulator of sushy-tools. A request is logged before its answer leaves.
 */
export async function startRedfishServer(options: RedfishServerOptions): Promise<RedfishServer> {
  const server = new SimulatedRedfish(options);
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  server.routes(app);
  const baseUrl = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return { baseUrl, requests: server.requests, stop: () => app.close() };
}

class SimulatedRedfish {
  readonly requests: RedfishRequest[] = [];
  readonly #options: RedfishServerOptions;
  readonly #byId: ReadonlyMap<string, Bmc>;
  readonly #byName: ReadonlyMap<string, Bmc>;
  readonly #authorization: string | undefined;

  constructor(options: RedfishServerOptions) {
    this.#options = options;
    this.#byId = new Map(options.bmcs.map((bmc) => [bmc.machine.systemUuid, bmc]));
    this.#byName = new Map(options.bmcs.map((bmc) => [bmc.machine.name, bmc]));
    const { credentials } = options;
    if (credentials !== undefined) {
      const plain = `${credentials.username}:${credentials.password}`;
      this.#authorization = `Basic ${Buffer.from(plain).toString('base64')}`;
    }
  }

  routes(app: FastifyInstance): void {
    app.setNotFoundHandler((request, reply) => this.#send(request, reply, failure(404, 'Not found')));
    app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) =>
      this.#send(request, reply, failure(error.statusCode ?? 500, error.message)),
    );
    app.get('/redfish/v1', (request, reply) =>
      this.#send(request, reply, { status: 200, body: serviceRoot }),
    );
    app.get('/redfish/v1/Systems', (request, reply) =>
      this.#guarded(request, reply, () => ({ status: 200, body: systemCollection([...this.#byId.keys()]) })),
    );
    app.get(systemRoute, (request, reply) =>
      this.#onSystem(request, reply, (bmc) => ({ status: 200, body: computerSystem(bmc) })),
    );
    app.patch(systemRoute, (request, reply) => this.#onSystem(request, reply, changeBoot));
    app.post(resetRoute, (request, reply) => this.#onSystem(request, reply, reset));
  }

  #guarded(request: FastifyRequest, reply: FastifyReply, act: () => Answer): FastifyReply {
    if (this.#authorization !== undefined && request.headers.authorization !== this.#authorization) {
      return this.#send(request, reply, failure(401, 'Unauthorized'));
    }
    return this.#send(request, reply, act());
  }

  #onSystem(
    request: FastifyRequest,
    reply: FastifyReply,
    act: (bmc: Bmc, body: unknown) => Answer,
  ): FastifyReply {
    return this.#guarded(request, reply, () => {
      const id = systemIdOf(request);
      const named = this.#byName.get(id);
      if (named !== undefined) {
        return {
          status: 307,
          location: request.url.replace(systemPath(id), systemPath(named.machine.systemUuid)),
        };
      }
      const bmc = this.#byId.get(id);
      if (bmc === undefined) return failure(404, `System ${id} was not found`);
      if (bmc.mishap === 'hangs') return 'none';
      const answer = act(bmc, request.body);
      return bmc.mishap === 'acts-without-answer' && request.method !== 'GET' ? 'none' : answer;
    });
  }

  #send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
    const id = systemIdOf(request);
    const logged: RedfishRequest = {
      method: request.method,
      path: request.url,
      machine: (this.#byId.get(id) ?? this.#byName.get(id))?.machine.name,
      body: request.body,
      status: answer === 'none' ? undefined : answer.status,
      at: this.#options.clock.now(),
    };
    this.requests.push(logged);
    this.#options.onRequest?.(logged);
    if (answer === 'none') return reply.hijack();
    if (answer.status === 401) void reply.header('www-authenticate', 'Basic realm="Baremetal API"');
    if (answer.location !== undefined) void reply.header('location', answer.location);
    return reply.code(answer.status).send(answer.body);
  }
}

function systemIdOf(request: FastifyRequest): string {
  const parameters = request.params;
  if (typeof parameters !== 'object' || parameters === null || !('id' in parameters)) return '';
  return typeof parameters.id === 'string' ? parameters.id : '';
}

function failure(status: number, message: string): Answer {
  return { status, body: redfishError(message) };
}

/** A field of a JSON object, or undefined for whatever else there may be. */
function field(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  return new Map<string, unknown>(Object.entries(body)).get(name);
}

function changeBoot(bmc: Bmc, body: unknown): Answer {
  const boot = field(body, 'Boot');
  const wanted = field(boot, 'BootSourceOverrideTarget');
  const target = bootTargets.find((candidate) => candidate === wanted);
  if (target === undefined) {
    return failure(400, `Boot.BootSourceOverrideTarget must be one of ${bootTargets.join(', ')}`);
  }
  bmc.bootFrom(target, field(boot, 'BootSourceOverrideEnabled') === 'Once');
  return { status: 204 };
}

function reset(bmc: Bmc, body: unknown): Answer {
  const wanted = field(body, 'ResetType');
  const type = resetTypes.find((candidate) => candidate === wanted);
  if (type === undefined) return failure(501, `Power state ${String(wanted)} is not supported`);
  bmc.order(type);
  return { status: 204 };
}
