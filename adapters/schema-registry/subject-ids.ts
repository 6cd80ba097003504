import { COMPATIBILITY, SchemaType, type SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { AvroSchema } from '../../schemas/avro-files.js';
import { SchemaRegistryUnavailable } from '../ports/schema-ids.js';
import { statusOf } from './answers.js';
import type { CompatibilityLevels } from './compatibility.js';

/** Whom to ask for ids, and for levels. */
export interface Registry {
  readonly client: SchemaRegistry;
  readonly levels: CompatibilityLevels;
}

const wanted = COMPATIBILITY.FULL_TRANSITIVE;

/** @throws SchemaRegistryUnavailable `notRegistered` when the subject has no such schema; the registry's errors as they are */
export async function idInSubject(
  { client }: Registry,
  subject: string,
  schema: AvroSchema,
): Promise<number> {
  const id = await findId(client, subject, schema);
  if (id !== undefined) return id;
  throw new SchemaRegistryUnavailable(`${subject} has no such schema`, 'notRegistered');
}

/**
 * The id of a schema that is in its subject afterwards, whoever put it there: copies that start together register at
 * the same moment, and one may end between registering and setting the level. Doing it again changes nothing.
 * @throws SchemaRegistryUnavailable `contradicts` when somebody gave the subject another level; the registry's errors as they are
 */
export async function registerInSubject(
  { client, levels }: Registry,
  subject: string,
  schema: AvroSchema,
): Promise<number> {
  const id = (await findId(client, subject, schema)) ?? (await register({ client, levels }, subject, schema));
  await ensureLevel(levels, subject, await levels.levelOf(subject));
  return id;
}

async function findId(
  client: SchemaRegistry,
  subject: string,
  schema: AvroSchema,
): Promise<number | undefined> {
  try {
    return await client.getRegistryIdBySchema(subject, avro(schema));
  } catch (error) {
    // The client takes the status off a 404, and off nothing else.
    if (statusOf(error) === undefined) return undefined;
    throw error;
  }
}

async function register({ client, levels }: Registry, subject: string, schema: AvroSchema): Promise<number> {
  // A subject without a level of its own is told as one with NONE by some registries, and the client refuses those.
  const level = await levels.levelOf(subject);
  if (level !== undefined) await ensureLevel(levels, subject, level);
  try {
    return (await client.register(avro(schema), { subject, compatibility: wanted })).id;
  } catch (error) {
    const byAnother = await findId(client, subject, schema);
    if (byAnother !== undefined) return byAnother;
    throw error;
  }
}

async function ensureLevel(
  levels: CompatibilityLevels,
  subject: string,
  level: string | undefined,
): Promise<void> {
  if (level === wanted) return;
  let answered = '';
  if (level === undefined || level === (COMPATIBILITY.NONE as string)) {
    answered = `, and setting it is answered with ${await levels.set(subject, wanted)}`;
    if ((await levels.levelOf(subject)) === wanted) return;
  }
  throw new SchemaRegistryUnavailable(
    `${subject} is under ${level ?? 'no level'} and not under ${wanted}${answered}`,
    'contradicts',
  );
}

function avro(schema: AvroSchema): { type: SchemaType.AVRO; schema: string } {
  return { type: SchemaType.AVRO, schema: JSON.stringify(schema) };
}
