import type { AvroSchema } from '../../schemas/avro-files.js';
import type { EventName } from '../../schemas/event-payloads.js';
import { SchemaRegistryUnavailable, type RegistryProblem, type SchemaIds } from '../ports/schema-ids.js';

/** What can be wrong with a schema that somebody asked for. `unknownId`: a record names one that the registry surely has not. */
export type SchemaProblem = RegistryProblem | 'unknownId';

/** The same ids and schemas, with how often each problem occurred. */
export class CountedSchemaIds implements SchemaIds {
  readonly #ids: SchemaIds;
  readonly #problems = new Map<SchemaProblem, number>();

  constructor(ids: SchemaIds) {
    this.#ids = ids;
  }

  get problems(): ReadonlyMap<SchemaProblem, number> {
    return this.#problems;
  }

  idOf(event: EventName): Promise<number> {
    return this.#watched(() => this.#ids.idOf(event));
  }

  async schemaById(id: number): Promise<AvroSchema | undefined> {
    const schema = await this.#watched(() => this.#ids.schemaById(id));
    if (schema === undefined) this.#count('unknownId');
    return schema;
  }

  async #watched<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof SchemaRegistryUnavailable) this.#count(error.problem);
      throw error;
    }
  }

  #count(problem: SchemaProblem): void {
    this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }
}
