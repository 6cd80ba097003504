import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { LogRecord } from '../ports/event-log.js';

/** A record as KafkaJS gives it. Its headers become text only when somebody asks: for most reports nobody does. */
export class ConsumedRecord implements LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly value: Buffer | undefined;
  readonly appendedAt: number;
  readonly #message: KafkaMessage;
  #text: Readonly<Record<string, string>> | undefined;

  constructor(topic: string, partition: number, message: KafkaMessage) {
    this.topic = topic;
    this.partition = partition;
    this.offset = BigInt(message.offset);
    this.key = message.key?.toString('utf8');
    this.value = message.value ?? undefined;
    this.appendedAt = Number(message.timestamp);
    // Not its headers: to ask for them is what has them read.
    this.#message = message;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#text ??= asText(this.#message.headers ?? {});
    return this.#text;
  }
}

/** Of a header that was given several times the last one counts. */
function asText(headers: IHeaders): Readonly<Record<string, string>> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const one = Array.isArray(value) ? value.at(-1) : value;
    if (one !== undefined) text[name] = one.toString();
  }
  return text;
}
