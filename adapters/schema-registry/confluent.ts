import { Agent } from 'node:https';
import avro from 'avsc';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { isAvroSchema, type AvroSchema } from '../../schemas/avro-files.js';
import { topicsOfEvent } from '../../schemas/catalog.js';
import { schemaOf } from '../../schemas/codec.js';
import type { EventName } from '../../schemas/event-payloads.js';
import { answerWithin } from '../clock/answer-within.js';
import type { Clock } from '../ports/clock.js';
import { SchemaRegistryUnavailable, type SchemaIds } from '../ports/schema-ids.js';
import type { RegistryAccess } from './access.js';
import { statusOf, toldAs } from './answers.js';
import { compatibilityLevels } from './compatibility.js';
import { registryQuestions } from './questions.js';
import { idInSubject, registerInSubject } from './subject-ids.js';

export interface ConfluentOptions extends RegistryAccess {
  readonly clock: Pick<Clock, 'now'>;
  /** Register what is missing. Otherwise a missing schema is refused: `faultline schemas register` is a step of its own. */
  readonly register?: boolean;
  /** How long "no such id" is believed. The registry's client would ask again for every record. */
  readonly unknownForMs?: number;
  /** How long one question waits; a registry that says nothing for as long is told as `silent`. 15 seconds if not given. */
  readonly answerWithinMs?: number;
}

const maximumUnknown = 1_000;
/** Ids that the registry gives are positive ints; anything else is not worth a question. */
const maximumId = 0x7fffffff;

/** Schema ids of a Confluent-compatible registry. Subjects are `<topic>-<record name>`, compatibility FULL_TRANSITIVE. */
export function confluentSchemaIds(options: ConfluentOptions): SchemaIds {
  const { authorization, tls } = options;
  const client = new SchemaRegistry({
    host: options.url.replace(/\/+$/, ''),
    clientId: 'faultline',
    ...(authorization === undefined ? {} : { middlewares: [authorizedBy(authorization)] }),
    ...(tls === undefined ? {} : { agent: new Agent(tls) }),
  });
  const ids = new Map<EventName, Promise<number>>();
  const schemas = new Map<number, Promise<AvroSchema | undefined>>();
  const unknownUntil = new Map<number, number>();
  const { clock, unknownForMs = 60_000 } = options;
  const waitMs = options.answerWithinMs ?? 15_000;

  const registry = registryQuestions(client, compatibilityLevels(options), waitMs);
  const inSubject = (subject: string, schema: AvroSchema): Promise<number> =>
    options.register === true
      ? registerInSubject(registry, subject, schema)
      : idInSubject(registry, subject, schema);

  const idOf = keptWhileItWorks(ids, async (event: EventName) => {
    const id = await toldAs(options.url, () => idInAllSubjects(event, inSubject));
    // From here on, records with this id are read without a question.
    schemas.set(id, Promise.resolve(schemaOf(event)));
    return id;
  });
  const find = keptWhileItWorks(schemas, (id: number) =>
    toldAs(options.url, () => answerWithin(waitMs, () => findSchema(client, id))),
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
  event: EventName,
  inSubject: (subject: string, schema: AvroSchema) => Promise<number>,
): Promise<number> {
  const found = new Set<number>();
  for (const subject of subjectsOf(event)) found.add(await inSubject(subject, schemaOf(event)));
  const [id, ...others] = found;
  if (id === undefined || others.length > 0) {
    const ids = [...found].join(', ');
    throw new SchemaRegistryUnavailable(`it gives ${event} the ids ${ids}: one was expected`, 'contradicts');
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
async function findSchema(client: SchemaRegistry, id: number): Promise<AvroSchema | undefined> {
  try {
    const found = rawSchema(await client.getSchema(id));
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
