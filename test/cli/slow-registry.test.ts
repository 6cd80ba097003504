import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../adapters/clock/system-clock.js';
import { openSchemaIds } from '../../cli/composition/open-schema-ids.js';
import { startRegistry, type RegistryServer } from '../adapters/schema-registry/registry-server.js';

describe('given a registry that started together with Faultline', () => {
  let registry: RegistryServer;
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    error: () => undefined,
    warn: (_about: object, message: string) => void warnings.push(message),
  };

  beforeEach(async () => {
    registry = await startRegistry();
    warnings.length = 0;
  });
  afterEach(() => registry.close());

  const open = (answerWithinMs: number) =>
    openSchemaIds(
      {
        path: 'faultline.yaml',
        schemaRegistry: { kind: 'confluent', url: registry.url, register: true },
      },
      { clock: systemClock, environment: {}, log },
      { answerWithinMs },
    );

  it('when it says nothing for long, and then answers, then Faultline starts: it ended at the first silence', async () => {
    registry.delayMs = 10_000;
    const opened = open(300);
    await expect.poll(() => warnings.length).toBe(1);
    registry.delayMs = 0;
    expect(await (await opened).idOf('ReportReceived')).toBeGreaterThan(0);
    expect(warnings[0]).toMatch(/no answer within 300 ms; asking again$/);
  });

  it('when it never answers, then the start ends, and says what to look at', async () => {
    registry.delayMs = 10_000;
    await expect(open(50)).rejects.toMatchObject({
      code: 'DependencyUnavailable',
      message: expect.stringContaining('no answer within 50 ms') as unknown,
      next: expect.stringContaining('what the registry waits for') as unknown,
    });
    expect(warnings).toHaveLength(3);
  });

  it('when it refuses, then the start ends at once', async () => {
    registry.failWith = 503;
    await expect(open(5_000)).rejects.toMatchObject({ code: 'DependencyUnavailable' });
    expect(warnings).toEqual([]);
  });
});
