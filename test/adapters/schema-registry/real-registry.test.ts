import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confluentSchemaIds, subjectsOf } from '../../../adapters/schema-registry/confluent.js';
import { registerSchemas } from '../../../schemas/check.js';
import { allEvents, decodeEvent, encodeEvent } from '../../../schemas/codec.js';
import { startSchemaRegistry, type SchemaRegistryStack } from '../../../stack/schema-registry.js';

let folder: string;
let registry: SchemaRegistryStack | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-registry-'));
  registry = await startSchemaRegistry({ folder });
}, 300_000);
afterAll(async () => {
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = (register: boolean) =>
  confluentSchemaIds({ url: registry?.url ?? '', clock: { now: () => 0 }, register });

const levelOf = async (subject: string): Promise<unknown> => {
  const answer = await fetch(`${registry?.url ?? ''}/config/${encodeURIComponent(subject)}`);
  return answer.json();
};

describe('a real schema registry', () => {
  it('says no to an unregistered schema and an unknown id, and is not written to', async () => {
    await expect(open(false).idOf('Signal')).rejects.toThrow(/faultline schemas register/);
    expect(await open(false).schemaById(4_711)).toBeUndefined();
    expect(await (await fetch(`${registry?.url ?? ''}/subjects`)).json()).toEqual([]);
  });

  it('gives copies that register at the same moment one id, and each subject its level', async () => {
    for (const event of allEvents) {
      const copies = Array.from({ length: 8 }, () => open(true));
      const ids = await Promise.all(copies.map((copy) => copy.idOf(event)));
      expect(new Set(ids).size, event).toBe(1);
      for (const subject of subjectsOf(event))
        expect(await levelOf(subject)).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
    }
  });

  it('makes good a subject that one who died while registering left without its level', async () => {
    const id = await open(true).idOf('Signal');
    const [subject = ''] = subjectsOf('Signal');
    await fetch(`${registry?.url ?? ''}/config/${encodeURIComponent(subject)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"compatibility":"NONE"}',
    });
    expect(await open(true).idOf('Signal')).toBe(id);
    expect(await levelOf(subject)).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
  });

  it('takes every event under FULL_TRANSITIVE, gives the same ids again, and its schemas decode', async () => {
    const ids = await registerSchemas(open(true), allEvents);
    expect(await registerSchemas(open(true), allEvents)).toEqual(ids);
    expect(await registerSchemas(open(false), allEvents)).toEqual(ids);
    for (const subject of allEvents.flatMap(subjectsOf))
      expect(await levelOf(subject)).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
    const payload = { requestId: 'r', processId: 'p', cluster: 'a', node: 'b', reason: null } as const;
    const reply = {
      ...payload,
      pod: { namespace: 'n', name: 'p', uid: 'u' },
      status: 'MOVED',
      by: 'x',
    } as const;
    const schema = await open(false).schemaById(ids.get('MigrationReply') ?? 0);
    expect(schema).toBeDefined();
    const read = decodeEvent('MigrationReply', encodeEvent('MigrationReply', reply), schema);
    expect(JSON.parse(JSON.stringify(read))).toEqual(reply);
  });
});
