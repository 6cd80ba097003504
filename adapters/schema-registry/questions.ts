import { COMPATIBILITY, SchemaType, type SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { AvroSchema } from '../../schemas/avro-files.js';
import { answerWithin } from '../clock/answer-within.js';
import { statusOf } from './answers.js';
import type { CompatibilityLevels } from './compatibility.js';

/** What a registry is asked about subjects: each question waits for its own answer. */
export interface RegistryQuestions extends CompatibilityLevels {
  /** Undefined: the subject has no such schema. */
  findId(subject: string, schema: AvroSchema): Promise<number | undefined>;
  /** Resolves with the id. */
  register(subject: string, schema: AvroSchema): Promise<number>;
}

/** How new versions of a subject must agree with all older ones. */
export const wantedLevel = COMPATIBILITY.FULL_TRANSITIVE;

/** Rejects with the registry's errors as they are, or with `NoAnswer` after `waitMs`. */
export function registryQuestions(
  client: SchemaRegistry,
  levels: CompatibilityLevels,
  waitMs: number,
): RegistryQuestions {
  return {
    findId: (subject, schema) => answerWithin(waitMs, () => findId(client, subject, schema)),
    register: async (subject, schema) => {
      const options = { subject, compatibility: wantedLevel };
      return (await answerWithin(waitMs, () => client.register(avro(schema), options))).id;
    },
    levelOf: (subject) => answerWithin(waitMs, () => levels.levelOf(subject)),
    set: (subject, level) => answerWithin(waitMs, () => levels.set(subject, level)),
  };
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

function avro(schema: AvroSchema): { type: SchemaType.AVRO; schema: string } {
  return { type: SchemaType.AVRO, schema: JSON.stringify(schema) };
}
