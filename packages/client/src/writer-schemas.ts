import avro, { type Resolver, type Schema, type Type } from 'avsc';
import { wireGuard } from '../../../schemas/wire-guard.js';
import type { EventType } from './event.js';
import { readerSchemas, type EventData } from './generated/events.js';
import { RegistryUnavailable, reasonOf } from './problems.js';

export interface RegistryAccess {
  /** Base of the Confluent API, for instance `https://registry.example.com/apis/ccompat/v7`. */
  readonly url: string;
  /** Headers of each question, for instance `authorization`. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Instead of Node's own, for instance with a client certificate. */
  readonly fetch?: typeof fetch;
}

/** Reads Avro bytes into what this release of the client knows. Throws for bytes that are not what the schema says. */
export type Decoder = <Name extends EventType>(event: Name, body: Buffer) => EventData[Name];

const answerWithinMs = 15_000;
/** How long "no such id" is believed: a flood of such records is no flood of questions. */
const unknownForMs = 60_000;
const mostUnknown = 1_000;

function avroType(schema: unknown): Type {
  // avsc declares a shape of its own; that it is a schema is checked by this very call.
  return avro.Type.forSchema(schema as Schema);
}

const readerTypes = new Map<EventType, Type>();

function readerType(event: EventType): Type {
  const known = readerTypes.get(event);
  if (known !== undefined) return known;
  const made = avroType(readerSchemas[event]);
  readerTypes.set(event, made);
  return made;
}

function decoderOf(writer: Type): Decoder {
  const guard = wireGuard(writer);
  const resolvers = new Map<EventType, Resolver>();
  const resolverOf = (event: EventType): Resolver => {
    const resolver = resolvers.get(event) ?? readerType(event).createResolver(writer);
    resolvers.set(event, resolver);
    return resolver;
  };
  return <Name extends EventType>(event: Name, body: Buffer) => {
    guard(body);
    // What the types say is made from these very schemas.
    return readerType(event).fromBuffer(body, resolverOf(event)) as EventData[Name];
  };
}

/** Schemas of writers by their id, each asked for once. */
export class WriterSchemas {
  readonly #access: RegistryAccess;
  readonly #decoders = new Map<number, Decoder>();
  readonly #unknownUntil = new Map<number, number>();

  constructor(access: RegistryAccess) {
    this.#access = access;
  }

  /** Undefined: the registry has no Avro schema with this id. Rejects with RegistryUnavailable where nobody can say. */
  async decoder(id: number): Promise<Decoder | undefined> {
    const known = this.#decoders.get(id);
    if (known !== undefined) return known;
    if ((this.#unknownUntil.get(id) ?? 0) > Date.now()) return undefined;
    const found = await this.#find(id);
    if (found === undefined) this.#rememberUnknown(id);
    else this.#decoders.set(id, found);
    return found;
  }

  #rememberUnknown(id: number): void {
    const [oldest] = this.#unknownUntil.keys();
    if (this.#unknownUntil.size >= mostUnknown && oldest !== undefined) this.#unknownUntil.delete(oldest);
    this.#unknownUntil.set(id, Date.now() + unknownForMs);
  }

  async #find(id: number): Promise<Decoder | undefined> {
    const text = await this.#ask(`${this.#access.url.replace(/\/+$/, '')}/schemas/ids/${id}`);
    if (text === undefined) return undefined;
    try {
      const { schema, schemaType = 'AVRO' } = JSON.parse(text) as { schema: string; schemaType?: string };
      return schemaType === 'AVRO' ? decoderOf(avroType(JSON.parse(schema))) : undefined;
    } catch {
      // Of another kind, or none that Avro takes: no waiting makes it readable.
      return undefined;
    }
  }

  async #ask(url: string): Promise<string | undefined> {
    const { headers = () => ({}), fetch: ask = fetch } = this.#access;
    try {
      const answer = await ask(url, { headers: headers(), signal: AbortSignal.timeout(answerWithinMs) });
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      return await answer.text();
    } catch (error) {
      throw new RegistryUnavailable(`schema registry ${url}: ${reasonOf(error)}`, { cause: error });
    }
  }
}
