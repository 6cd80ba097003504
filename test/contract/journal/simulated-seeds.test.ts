import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../../../simulation/scheduler/seeded.js';
import { withoutRealTime } from '../../../simulation/schedules/forbidden.js';
import { playSeed } from '../../../simulation/schedules/try-seeds.js';
import { compareSeed } from '../../simulation/on-postgresql/compare-seed.js';
import { differenceOf } from '../../simulation/on-postgresql/contents.js';
import { Replay } from '../../simulation/on-postgresql/replay.js';
import { Tape } from '../../simulation/on-postgresql/tape.js';
import { startTestServer, type TestServer } from './postgres-server.js';

/** As many as fit into half a minute, 13 with a pause that is begun twice; `npm run simulate -- --schedules 200 --on-postgresql` compares more. */
const seeds = [1, 2, 3, 4, 6, 7, 8, 13];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('what simulated parts did to their journal in memory, done again on PostgreSQL', () => {
  it.each(seeds)(
    'has the same answers, and the same is stored (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const { difference, facts } = await compareSeed(seed, () => server.createDatabase());
      expect(difference).toBeUndefined();
      expect(facts).toBeGreaterThan(0);
    },
  );

  it('is seen to be other when one answer is another one', { timeout: 120_000 }, async () => {
    const tape = new Tape();
    await withoutRealTime(() => playSeed(14, { overhear: tape.overhear }));
    const [calls = []] = tape.recorded.values();
    const place = calls.findIndex(({ name }) => name === 'commands.claim');
    const recorded = calls.map((one, at) =>
      at === place ? { ...one, answer: { kind: 'answered', value: { kind: 'gone' } } as const } : one,
    );
    const replay = new Replay(await server.createDatabase(), seeded(14, 'installation'));
    try {
      expect(await replay.play(recorded)).toMatchObject({
        what: expect.stringContaining('commands.claim') as string,
        inMemory: '{"kind":"gone"}',
      });
    } finally {
      await replay.close();
    }
  });

  it('is seen to be other when a row is missing', () => {
    const rows = (facts: readonly string[]): ReadonlyMap<string, readonly string[]> =>
      new Map([['facts', facts]]);
    expect(differenceOf(rows(['a', 'b']), rows(['b', 'a']))).toBeUndefined();
    expect(differenceOf(rows(['a', 'b']), rows(['b']))).toMatchObject({ inMemory: 'a', onPostgres: 'b' });
    expect(differenceOf(rows(['a']), rows(['a', 'b']))).toMatchObject({ onPostgres: 'b' });
  });
});
