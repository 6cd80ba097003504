import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SchemaRegistryUnavailable } from '../../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../../adapters/schema-registry/confluent.js';
import { allEvents, decodeEvent, encodeEvent, schemaOf } from '../../../schemas/codec.js';
import { startRegistry, type RegistryServer } from './registry-server.js';

describe('bundled schema ids', () => {
  it('give each event an id of its own that stays, and finds its schema', async () => {
    const [one, two] = [bundledSchemaIds(), bundledSchemaIds()];
    const ids = await Promise.all(allEvents.map((event) => one.idOf(event)));
    expect(new Set(ids).size).toBe(allEvents.length);
    expect(await Promise.all(allEvents.map((event) => two.idOf(event)))).toEqual(ids);
    for (const [index, event] of allEvents.entries()) {
      expect(await one.schemaById(ids[index] ?? -1)).toBe(schemaOf(event));
    }
    expect(await one.schemaById(1)).toBeUndefined();
  });
});

describe('schema ids of a registry', () => {
  let registry: RegistryServer;
  let now = 0;
  const open = (register: boolean) =>
    confluentSchemaIds({ url: registry.url, clock: { now: () => now }, register, unknownForMs: 1_000 });

  beforeEach(async () => {
    registry = await startRegistry();
  });
  afterEach(() => registry.close());

  it('registers under topic and record name, with FULL_TRANSITIVE set for every subject', async () => {
    const id = await open(true).idOf('FaultChanged');
    const subjects = ['hardware', 'system', 'component'].map(
      (name) => `fault.${name}-dev.faultline.FaultChanged`,
    );
    expect([...registry.subjects]).toEqual(subjects.map((subject) => [subject, [id]]));
    expect([...registry.compatibility]).toEqual(subjects.map((subject) => [subject, 'FULL_TRANSITIVE']));
  });

  it('says who asks with each question, as it is by then', async () => {
    const answers = ['Bearer old', 'Bearer new'];
    const authorization = () => answers.shift() ?? '';
    const ids = confluentSchemaIds({ url: registry.url, clock: { now: () => now }, authorization });
    await Promise.all([1, 2].map((id) => ids.schemaById(id)));
    expect(registry.authorizations).toEqual(['Bearer old', 'Bearer new']);
  });

  it('changes nothing in the registry unless asked to register, and says what to do', async () => {
    const asking = open(false);
    await expect(asking.idOf('Signal')).rejects.toThrow(/faultline schemas register/);
    expect(registry.subjects.size).toBe(0);
    const id = await open(true).idOf('Signal');
    expect(await asking.idOf('Signal')).toBe(id);
  });

  it('refuses to write into a subject to which somebody gave a weaker rule', async () => {
    registry.compatibility.set('maintenance.signals-dev.faultline.Signal', 'BACKWARD');
    await expect(open(true).idOf('Signal')).rejects.toMatchObject({
      problem: 'contradicts',
      message: expect.stringMatching(/is under BACKWARD and not under FULL_TRANSITIVE/) as unknown,
    });
    expect(registry.subjects.size).toBe(0);
  });

  it.each([
    [401, 'denied'],
    [403, 'denied'],
    [404, 'notRegistered'],
    [409, 'contradicts'],
    [503, 'away'],
  ] as const)('tells an answer of %i as %s', async (status, problem) => {
    registry.failWith = status;
    await expect(open(false).idOf('Signal')).rejects.toMatchObject({ problem });
  });

  it('tells a registry that takes the question and never answers as one that is silent', async () => {
    registry.delayMs = 10_000;
    const ids = confluentSchemaIds({ url: registry.url, clock: { now: () => now }, answerWithinMs: 200 });
    await expect(ids.idOf('Signal')).rejects.toMatchObject({
      problem: 'silent',
      message: expect.stringContaining('no answer within 200 ms') as unknown,
    });
  });

  it('waits for each answer anew: a registry that has just started is slow, and was told as one that is away', async () => {
    registry.delayMs = 150;
    const ids = confluentSchemaIds({
      ...{ url: registry.url, clock: { now: () => now } },
      ...{ register: true, answerWithinMs: 400 },
    });
    expect(await ids.idOf('ReportReceived')).toBeGreaterThan(0);
    // All of them together took longer than one answer may.
    expect(registry.asked.length * 150).toBeGreaterThan(400);
  });

  it('asks once for an id, also when many ask at once', async () => {
    const ids = open(true);
    await Promise.all(Array.from({ length: 20 }, () => ids.idOf('ProcessEnded')));
    expect(registry.asked.filter((line) => line.endsWith('/versions'))).toHaveLength(1);
  });

  it('reads its own records without asking for the schema', async () => {
    const ids = open(true);
    expect(await ids.schemaById(await ids.idOf('ReportReceived'))).toBe(schemaOf('ReportReceived'));
    expect(registry.asked.filter((line) => line.includes('/schemas/ids/'))).toEqual([]);
  });

  it("finds another writer's schema once, and events are read by it", async () => {
    const ids = open(false);
    registry.put(7, JSON.stringify(schemaOf('ReportReceived')));
    const schema = await ids.schemaById(7);
    expect(await ids.schemaById(7)).toBe(schema);
    expect(registry.asked).toEqual(['GET /schemas/ids/7']);
    const payload = { ...minimalReport, reportId: 'r' };
    expect(decodeEvent('ReportReceived', encodeEvent('ReportReceived', payload), schema)).toMatchObject(
      payload,
    );
  });

  it('believes "no such id" for a while, then asks again', async () => {
    const ids = open(false);
    expect(await ids.schemaById(9)).toBeUndefined();
    expect(await ids.schemaById(9)).toBeUndefined();
    expect(registry.asked).toHaveLength(1);
    registry.put(9, JSON.stringify(schemaOf('Signal')));
    now += 1_001;
    expect(await ids.schemaById(9)).toMatchObject({ name: 'dev.faultline.Signal' });
  });

  it('does not ask for ids that no registry gives', async () => {
    expect(await open(false).schemaById(0)).toBeUndefined();
    expect(await open(false).schemaById(0xffffffff)).toBeUndefined();
    expect(registry.asked).toEqual([]);
  });

  it('takes a schema that is not an Avro record for none', async () => {
    registry.put(11, '{"type":"object"}', 'JSON');
    registry.put(12, '{"type":"record"');
    registry.put(13, '"string"');
    const ids = open(false);
    for (const id of [11, 12, 13]) expect(await ids.schemaById(id)).toBeUndefined();
  });

  it('concludes nothing when the registry fails or is away, and goes on when it is back', async () => {
    const ids = open(true);
    registry.failWith = 503;
    await expect(ids.schemaById(7)).rejects.toThrow(SchemaRegistryUnavailable);
    await expect(ids.idOf('Signal')).rejects.toThrow(SchemaRegistryUnavailable);
    registry.failWith = undefined;
    expect(await ids.schemaById(7)).toBeUndefined();
    expect(await ids.idOf('Signal')).toBeGreaterThan(0);
    const nobody = confluentSchemaIds({ url: 'http://127.0.0.1:1', clock: { now: () => now } });
    await expect(nobody.schemaById(7)).rejects.toThrow(SchemaRegistryUnavailable);
  }, 30_000);
});

const minimalReport = {
  cluster: 'alpha',
  node: 'n1',
  type: 'DiskFailure',
  status: 'FIRING',
  source: 'agent',
  bootId: null,
  sequence: null,
  observedAt: null,
  message: null,
  evidence: null,
} as const;
