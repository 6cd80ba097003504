import fastify, { type FastifyInstance } from 'fastify';
import { healthRoutes, type HealthOptions } from './health-routes.js';
import { intakeRoutes } from './intake-routes.js';
import type { IntakeOptions } from './options.js';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly health?: HealthOptions;
  /** Routes of others on the same listener. */
  readonly routes?: (server: FastifyInstance) => Promise<void>;
}

export interface RunningIntake {
  /** `http://host:port` */
  readonly url: string;
  /** Answers what is under way, then stops. Idempotent. */
  close(): Promise<void>;
}

/** Intake alone on a listener of its own. Where it shares one, register `intakeRoutes` there. */
export async function startIntake(options: IntakeOptions & ListenOptions): Promise<RunningIntake> {
  const server = fastify({ logger: false, forceCloseConnections: 'idle' });
  await server.register(intakeRoutes, options);
  await server.register(healthRoutes, options.health ?? { problems: () => Promise.resolve([]) });
  if (options.routes !== undefined) await server.register(options.routes);
  const url = await server.listen({ host: options.host, port: options.port });
  return { url, close: () => server.close() };
}
