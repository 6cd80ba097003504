import type { AvroSchema } from '../../schemas/avro-files.js';
import type { EventName } from '../../schemas/event-payloads.js';

/**
 * Why a registry gave no id: it has no such schema, denies us, is away (or out of order), takes questions and does not
 * answer in time, or holds something that contradicts what is published.
 */
export const registryProblems = ['notRegistered', 'denied', 'away', 'silent', 'contradicts'] as const;
export type RegistryProblem = (typeof registryProblems)[number];

/** The registry can't be reached, or refused: try again later. Nothing may be concluded about an id. */
export class SchemaRegistryUnavailable extends Error {
  override readonly name = 'SchemaRegistryUnavailable';
  readonly problem: RegistryProblem;

  constructor(message: string, problem: RegistryProblem, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** Numbers under which schemas travel in Confluent's wire format. Only publishing may wait for it. */
export interface SchemaIds {
  /** Id of the bundled schema of an event; asked once, then kept. Rejects with SchemaRegistryUnavailable. */
  idOf(event: EventName): Promise<number>;
  /**
   * The schema with this id, always the same object for one id; undefined: surely no such id. Answers are kept, a
   * "no" for a limited time. Rejects with SchemaRegistryUnavailable.
   */
  schemaById(id: number): Promise<AvroSchema | undefined>;
}
