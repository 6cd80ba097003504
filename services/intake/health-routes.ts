import type { FastifyInstance } from 'fastify';

export interface HealthOptions {
  /** What keeps this process from working, one line each; none: ready. */
  readonly problems: () => Promise<readonly string[]>;
  /** Metrics in the Prometheus text format. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `/livez`, `/readyz` and `/metrics` as a plugin. Alive means that the process answers; ready, that it can work. */
export function healthRoutes(server: FastifyInstance, options: HealthOptions): Promise<void> {
  server.get('/livez', () => Promise.resolve({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const problems = await options.problems();
    if (problems.length === 0) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready', problems });
  });
  const { metrics } = options;
  if (metrics !== undefined) {
    server.get('/metrics', async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    });
  }
  return Promise.resolve();
}
