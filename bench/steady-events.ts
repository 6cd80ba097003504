import { setTimeout as pause } from 'node:timers/promises';
import type { Message, Producer } from 'kafkajs';
import { bundledSchemaIds } from '../adapters/schema-registry/bundled.js';
import { cloudEventHeaders } from '../schemas/cloud-events.js';
import { encodeEvent } from '../schemas/codec.js';
import { frame } from '../schemas/wire-format.js';

const topic = 'maintenance.events';
const event = 'ProcessEvent';
const cluster = 'bench';

/** The node that is the only one its subscriber asks for. */
export function nodeOf(subscriber: number): string {
  return `node-${String(subscriber).padStart(4, '0')}`;
}

/** What one subscriber asks for. */
export function queryOf(subscriber: number): string {
  return `topic=${topic}&node=${cluster}/${nodeOf(subscriber)}`;
}

/** What everybody asks for who wants all. */
export const queryOfAll = `topic=${topic}`;

export interface EventLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** Nodes that they are about, in turn. */
  readonly nodes: number;
}

/** Publishes events at a steady rate, and notes when the log has acknowledged each. */
export class SteadyEvents {
  readonly #producer: Producer;
  readonly #schemaId: number;
  #number = 0;

  private constructor(producer: Producer, schemaId: number) {
    this.#producer = producer;
    this.#schemaId = schemaId;
  }

  static async with(producer: Producer): Promise<SteadyEvents> {
    return new SteadyEvents(producer, await bundledSchemaIds().idOf(event));
  }

  /** By number, when it was acknowledged: ms of the machine's monotonic clock. */
  async publish({ perSecond, seconds, nodes }: EventLoad): Promise<ReadonlyMap<number, number>> {
    const acknowledged = new Map<number, number>();
    const began = performance.now();
    const all = perSecond * seconds;
    for (let sent = 0; sent < all;) {
      const due = Math.min(all, Math.floor(((performance.now() - began) * perSecond) / 1_000) + 1);
      if (due > sent) {
        const messages = Array.from({ length: due - sent }, () => this.#message(nodes));
        const first = this.#number - messages.length + 1;
        await this.#producer.send({ topic, acks: -1, messages });
        const at = Number(process.hrtime.bigint()) / 1_000_000;
        for (let number = first; number <= this.#number; number += 1) acknowledged.set(number, at);
        sent = due;
      }
      const next = began + (sent * 1_000) / perSecond;
      await pause(Math.max(1, next - performance.now()));
    }
    return acknowledged;
  }

  #message(nodes: number): Message {
    this.#number += 1;
    const version = this.#number;
    const node = nodeOf(version % nodes);
    const at = Date.now();
    const processId = '3f0b8a52-9d1c-4f0e-8a3f-5f2f3c1e7a10';
    const causeId = `3f0b8a52-9d1c-4f0e-8a3f-${String(version).padStart(12, '0')}`;
    const payload = {
      cluster,
      node,
      type: 'StageEntered',
      version,
      at,
      causeId,
      processId,
      workflow: 'hardware-repair',
      stage: 'evacuating',
      data: { stage: 'evacuating', stageEntry: String(version), reason: 'the node is isolated' },
    };
    const headers = cloudEventHeaders({
      event,
      id: `${cluster}/${node}@1.${version}/${event}`,
      source: '/faultline/bench/maintenance',
      time: at,
      subject: `${cluster}/${node}`,
      sequence: { epoch: 1, version },
      causationId: causeId,
      correlationId: processId,
    });
    return { key: `${cluster}/${node}`, value: frame(this.#schemaId, encodeEvent(event, payload)), headers };
  }
}
