import { setTimeout as pause } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';

/** As much of the Confluent registry's API as the client uses, with a count of what was asked. */
export interface RegistryServer {
  readonly url: string;
  readonly asked: string[];
  /** Header `authorization` of each question. */
  readonly authorizations: (string | undefined)[];
  readonly compatibility: Map<string, string>;
  readonly subjects: Map<string, number[]>;
  /** Stores under an id what somebody else registered. */
  put(id: number, schema: string, schemaType?: string): void;
  /** While set, every answer is this status. */
  failWith: number | undefined;
  /** How long each answer takes. */
  delayMs: number;
  close(): Promise<void>;
}

export async function startRegistry(): Promise<RegistryServer> {
  const app = fastify();
  const schemas = new Map<number, { schema: string; schemaType?: string }>();
  const over = new AbortController();
  const server: RegistryServer = {
    url: '',
    asked: [],
    authorizations: [],
    compatibility: new Map(),
    subjects: new Map(),
    put: (id, schema, schemaType) =>
      void schemas.set(id, { schema, ...(schemaType === undefined ? {} : { schemaType }) }),
    failWith: undefined,
    delayMs: 0,
    close: async () => {
      over.abort();
      await app.close();
    },
  };
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, JSON.parse(String(body)));
  });
  app.addHook('onRequest', async (request, answer) => {
    server.asked.push(`${request.method} ${decodeURIComponent(request.url)}`);
    server.authorizations.push(request.headers.authorization);
    if (server.delayMs > 0)
      await pause(server.delayMs, undefined, { signal: over.signal }).catch(() => undefined);
    if (server.failWith !== undefined) await answer.code(server.failWith).send({ message: 'out of order' });
  });
  routes(app, server, schemas);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return Object.assign(server, { url });
}

function routes(
  app: FastifyInstance,
  server: RegistryServer,
  schemas: Map<number, { schema: string; schemaType?: string }>,
): void {
  const idOf = (schema: string) => [...schemas].find(([, known]) => known.schema === schema)?.[0];
  app.get<{ Params: { id: string } }>('/schemas/ids/:id', async (request, answer) => {
    return schemas.get(Number(request.params.id)) ?? answer.code(404).send({ message: 'no such schema' });
  });
  app.get<{ Params: { subject: string } }>('/config/:subject', async (request, answer) => {
    const compatibilityLevel = server.compatibility.get(request.params.subject);
    return compatibilityLevel === undefined
      ? answer.code(404).send({ message: 'no such subject' })
      : { compatibilityLevel };
  });
  app.put<{ Params: { subject: string }; Body: { compatibility: string } }>('/config/:subject', (request) => {
    server.compatibility.set(request.params.subject, request.body.compatibility);
    return Promise.resolve(request.body);
  });
  type Post = { Params: { subject: string }; Body: { schema: string } };
  app.post<Post>('/subjects/:subject/versions', (request) => {
    const id = idOf(request.body.schema) ?? 100 + schemas.size;
    schemas.set(id, { schema: request.body.schema });
    server.subjects.set(request.params.subject, [...(server.subjects.get(request.params.subject) ?? []), id]);
    return Promise.resolve({ id });
  });
  app.post<Post>('/subjects/:subject', async (request, answer) => {
    const id = idOf(request.body.schema);
    const registered = id !== undefined && server.subjects.get(request.params.subject)?.includes(id) === true;
    return registered ? { id } : answer.code(404).send({ message: 'not registered' });
  });
}
