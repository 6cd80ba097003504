import { describe, expect, it } from 'vitest';

import { replay } from '../../domain/evolve.js';
import { canonicalJson } from '../../domain/json.js';
import { Schedule } from './core/schedule.js';

const seeds = Number(process.env['FAULTLINE_SCHEDULES'] ?? 500);
const first = Number(process.env['FAULTLINE_SEED'] ?? 1);
const steps = 400;

async function check(seed: number): Promise<void> {
  const schedule = new Schedule(seed);
  await schedule.run(steps);
  const { fleet, journal, acknowledged, fates } = schedule;
  const again = fleet.effects.map((effect) => effect.commandId);
  expect(new Set(again).size, 'a destructive effect happened twice for one command').toBe(again.length);
  const lost = [...acknowledged].filter((id) => !fates.has(id));
  expect(lost, 'an acknowledged report has no fate').toEqual([]);
  const { rows } = await journal.history.processes({ active: true, limit: 100 });
  expect(rows, 'a process neither ended nor was ended by a person').toEqual([]);
  expect(await journal.history.parked({ limit: 10 }), 'a node stayed parked').toEqual([]);
  for (const [node, machine] of fleet.machines) {
    expect(machine.isolatedBy, `${node} is isolated although no process runs`).toBeUndefined();
    const state = await journal.history.state(node);
    if (state === undefined) continue;
    const facts = await journal.history.facts(node, { fromVersion: 1, limit: 1_000_000 });
    expect(canonicalJson(replay(node, facts))).toBe(canonicalJson(state));
  }
}

describe(`${seeds} seeded schedules of crashes, redelivery, two copies and trouble`, () => {
  const chunks = Array.from({ length: Math.ceil(seeds / 50) }, (_, chunk) => first + chunk * 50);
  it.each(chunks)(
    'seeds from %i: nothing lost, nothing doubled, nothing stuck',
    { timeout: 120_000 },
    async (from) => {
      for (let seed = from; seed < Math.min(from + 50, first + seeds); seed += 1) {
        try {
          await check(seed);
        } catch (error) {
          throw new Error(`seed ${seed}: repeat with FAULTLINE_SEED=${seed} FAULTLINE_SCHEDULES=1`, {
            cause: error,
          });
        }
      }
    },
  );
});
