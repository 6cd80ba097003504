import { Agent } from 'node:https';
import avro from 'avsc';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { isAvroSchema, type AvroSchema } from '../../schemas/avro-files.js';
import { topicsOfEvent } from '../../schemas/catalog.js';
import { schemaOf } from '../../schemas/codec.js';
import type { EventName } from '../../schemas/event-payloads.js';
import type { Clock } from '../ports/clock.js';
import { SchemaRegistryUnavailable, type SchemaIds } from '../ports/schema-ids.js';

export interface ConfluentOptions {
  /** For instance `http://127.0.0.1:18081/apis/ccompat/v7`. */
  readonly url: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Value of the header `authorization`, asked for with each request, so that a secret may be changed meanwhile. */
  readonly authorization?: () => string;
  /** Whom to believe, and who we are, where the URL is https; PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Register what is missing. Otherwise a missing schema is refused: `faultline schemas register` is a step of its own. */
  readonly register?: boolean;
  /** How long "no such id" is believed. The registry's client would ask again for every record. */
  readonly unknownForMs?: number;
}

const maximumUnknown = 1_000;
const answerWithinMs = 15_000;
/** Ids that the registry gives are positive ints; anything else is not worth a question. */
const maximumId = 0x7fffffff;

/** Schema ids of a Confluent-compatible registry. Subjects are `<topic>-<record name>`, compatibility FULL_TRANSITIVE. */
export function confluentSchemaIds(options: ConfluentOptions): SchemaIds {
  const { authorization, tls } = options;
  const registry = new SchemaRegistry({
    host: options.url.replace(/\/+$/, ''),
    clientId: 'faultline',
    ...(authorization === undefined ? {} : { middlewares: [authorizedBy(authorization)] }),
    ...(tls === undefined ? {} : { agent: new Agent(tls) }),
  });
  const ids = new Map<EventName, Promise<number>>();
  const schemas = new Map<number, Promise<AvroSchema | undefined>>();
  const unknownUntil = new Map<number, number>();
  const { clock, unknownForMs = 60_000 } = options;

  const idOf = keptWhileItWorks(ids, async (event: EventName) => {
    const id = await guarded(options.url, () => idInAllSubjects(registry, event, options.register === true));
    // From here on, records with this id are read without a question.
    schemas.set(id, Promise.resolve(schemaOf(event)));
    return id;
  });
  const find = keptWhileItWorks(schemas, (id: number) =>
    guarded(options.url, () => findSchema(registry, id)),
  );

  async function schemaById(id: number): Promise<AvroSchema | undefined> {
    if (id < 1 || id > maximumId) return undefined;
    const until = unknownUntil.get(id);
    if (until !== undefined && clock.now() < until) return undefined;
    const schema = await find(id);
    if (schema === undefined) {
      schemas.delete(id);
      rememberUnknown(unknownUntil, id, clock.now() + unknownForMs);
    } else unknownUntil.delete(id);
    return schema;
  }

  return { idOf, schemaById };
}

type RequestMiddleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

function authorizedBy(authorization: () => string): RequestMiddleware {
  return () => ({
    prepareRequest: async (next) => (await next()).enhance({ headers: { authorization: authorization() } }),
  });
}

/** Asks once per key, also when many ask at the same time; a failure is not kept. */
function keptWhileItWorks<Key, Value>(
  kept: Map<Key, Promise<Value>>,
  ask: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const asked = ask(key).catch((error: unknown) => {
      kept.delete(key);
      throw error;
    });
    kept.set(key, asked);
    return asked;
  };
}

function rememberUnknown(unknownUntil: Map<number, number>, id: number, until: number): void {
  const oldest = unknownUntil.keys().next().value;
  if (unknownUntil.size >= maximumUnknown && oldest !== undefined) unknownUntil.delete(oldest);
  unknownUntil.set(id, until);
}

/** The registry gives equal schemas one id, whatever their subject. Another answer would need one id per topic. */
async function idInAllSubjects(
  registry: SchemaRegistry,
  event: EventName,
  register: boolean,
): Promise<number> {
  const schema = { type: SchemaType.AVRO, schema: JSON.stringify(schemaOf(event)) } as const;
  const found = new Set<number>();
  for (const subject of subjectsOf(event)) {
    found.add(
      register
        ? (await registry.register(schema, { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE })).id
        : await registry.getRegistryIdBySchema(subject, schema),
    );
  }
  const [id, ...others] = found;
  if (id === undefined || others.length > 0) {
    throw new SchemaRegistryUnavailable(
      `the registry gives ${event} the ids ${[...found].join(', ')}: one was expected`,
    );
  }
  return id;
}

/** TopicRecordName: one subject per topic and record. */
export function subjectsOf(event: EventName): readonly string[] {
  const { namespace, name } = schemaOf(event);
  return topicsOfEvent(event).map((topic) => `${topic}-${namespace ?? ''}.${name}`);
}

/**
 * Undefined: no such id, or one that holds no Avro record (a JSON or Protobuf schema, or one that Avro refuses): no
 * waiting makes it readable.
 */
async function findSchema(registry: SchemaRegistry, id: number): Promise<AvroSchema | undefined> {
  try {
    const found = rawSchema(await registry.getSchema(id));
    return isAvroSchema(found) ? found : undefined;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === undefined) return undefined;
    throw error;
  }
}

/** The client hands out avsc types; of those the schema with its defaults. */
function rawSchema(found: object): unknown {
  if (!(found instanceof avro.Type)) return undefined;
  return JSON.parse(JSON.stringify(found.schema({ exportAttrs: true })));
}

/** The client puts the status of an answer on its errors (400 when there was no answer at all). Undefined: it has no such schema, or hangs. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** The client waits for ever for a registry that accepts and never answers. */
async function guarded<Value>(url: string, ask: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${answerWithinMs} ms`));
    }, answerWithinMs);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const hint = statusOf(error) === undefined ? '; if it is missing there: faultline schemas register' : '';
    throw new SchemaRegistryUnavailable(`schema registry ${url}: ${problem}${hint}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
