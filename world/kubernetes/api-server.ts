import { createServer, type Server } from 'node:http';
import type { WorldClock } from '../clock.js';
import { realTimeClock } from '../real-time-clock.js';
import { createInitialNamespaces } from './api.js';
import { ClusterState } from './cluster-state.js';
import { startControllers } from './controllers/controllers.js';
import { Disturbances } from './disturbances.js';
import { send, serve } from './http-front.js';
import type { Kubelets } from './kubelet.js';
import { RequestLog, type LoggedRequest } from './request-log.js';

export interface SimulatedApiServerOptions {
  /** The world's time: timestamps, graces and controllers go by it. */
  readonly clock: WorldClock;
  /** A free one when absent. Only 127.0.0.1 is listened on. */
  readonly port?: number;
  /** Bearer token of the user `admin`. */
  readonly token: string;
  /** More users, by their token. */
  readonly users?: Readonly<Record<string, string>>;
  /** Called for every write, right before its answer is sent. */
  readonly onRequest?: (request: LoggedRequest) => void;
  /** How many past changes a watch can at least start from; 20,000 when absent. */
  readonly historyLength?: number;
}

export interface SimulatedApiServer {
  readonly baseUrl: string;
  readonly token: string;
  /** Every write so far, oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly disturbances: Disturbances;
  /** What a machine model tells the API server by way of its kubelet. */
  readonly kubelets: Kubelets;
  /** The objects themselves, for the world's own eyes (not for what is under test). */
  readonly state: ClusterState;
  /** Forgets all past changes: watches from before now get 410, as after a compaction. */
  forgetHistory(): void;
  /** Closes the port, ends watches and timers. */
  stop(): Promise<void>;
}

/** Starts a simulated cluster with its controllers and resolves when its port answers. */
export async function startSimulatedApiServer(
  options: SimulatedApiServerOptions,
): Promise<SimulatedApiServer> {
  const state = new ClusterState(options.clock, options.historyLength ?? 20_000);
  createInitialNamespaces(state);
  const controllers = startControllers(state);
  const log = new RequestLog(options.onRequest ?? (() => undefined));
  const disturbances = new Disturbances();
  const users = new Map([...Object.entries(options.users ?? {}), [options.token, 'admin']]);
  const front = { state, log, disturbances, wallClock: realTimeClock(), users };
  const server = createServer((request, response) => {
    serve(front, request, response).catch((error: unknown) => {
      if (request.destroyed || response.headersSent) {
        response.destroy();
        return;
      }
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const status = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        reason: 'InternalError',
        code: 500,
      };
      send(response, { code: 500, body: status });
    });
  });
  server.keepAliveTimeout = 60_000;
  const port = await listen(server, options.port ?? 0);
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    token: options.token,
    requests: log.entries,
    disturbances,
    kubelets: controllers.kubelets,
    state,
    forgetHistory: () => {
      state.store.history.forget(state.store.revision);
    },
    stop: async () => {
      controllers.stop();
      await close(server);
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the simulated API server has no TCP address');
  return address.port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeAllConnections();
  await closed;
}
