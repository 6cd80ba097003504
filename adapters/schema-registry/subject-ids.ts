import { COMPATIBILITY } from '@kafkajs/confluent-schema-registry';
import type { AvroSchema } from '../../schemas/avro-files.js';
import { SchemaRegistryUnavailable } from '../ports/schema-ids.js';
import type { CompatibilityLevels } from './compatibility.js';
import { wantedLevel, type RegistryQuestions } from './questions.js';

/** @throws SchemaRegistryUnavailable `notRegistered` when the subject has no such schema; the registry's errors as they are */
export async function idInSubject(
  registry: RegistryQuestions,
  subject: string,
  schema: AvroSchema,
): Promise<number> {
  const id = await registry.findId(subject, schema);
  if (id !== undefined) return id;
  throw new SchemaRegistryUnavailable(`${subject} has no such schema`, 'notRegistered');
}

/**
 * The id of a schema that is in its subject afterwards, whoever put it there: copies that start together register at
 * the same moment, and one may end between registering and setting the level. Doing it again changes nothing.
 * @throws SchemaRegistryUnavailable `contradicts` when somebody gave the subject another level; the registry's errors as they are
 */
export async function registerInSubject(
  registry: RegistryQuestions,
  subject: string,
  schema: AvroSchema,
): Promise<number> {
  const id = (await registry.findId(subject, schema)) ?? (await register(registry, subject, schema));
  await ensureLevel(registry, subject, await registry.levelOf(subject));
  return id;
}

async function register(registry: RegistryQuestions, subject: string, schema: AvroSchema): Promise<number> {
  // A subject without a level of its own is told as one with NONE by some registries, and the client refuses those.
  const level = await registry.levelOf(subject);
  if (level !== undefined) await ensureLevel(registry, subject, level);
  try {
    return await registry.register(subject, schema);
  } catch (error) {
    const byAnother = await registry.findId(subject, schema);
    if (byAnother !== undefined) return byAnother;
    throw error;
  }
}

async function ensureLevel(
  levels: CompatibilityLevels,
  subject: string,
  level: string | undefined,
): Promise<void> {
  if (level === wantedLevel) return;
  let answered = '';
  if (level === undefined || level === (COMPATIBILITY.NONE as string)) {
    answered = `, and setting it is answered with ${await levels.set(subject, wantedLevel)}`;
    if ((await levels.levelOf(subject)) === wantedLevel) return;
  }
  throw new SchemaRegistryUnavailable(
    `${subject} is under ${level ?? 'no level'} and not under ${wantedLevel}${answered}`,
    'contradicts',
  );
}
