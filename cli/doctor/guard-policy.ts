import { openJournalReader } from '../../adapters/postgres/journal-reader.js';
import { fleetProblems } from '../configuration/fleet-problems.js';
import type { LocatedConfiguration } from '../configuration/load.js';
import type { DoctorCheck } from '../forms/doctor.js';

const next =
  'mend the names in the configuration: a running Faultline refuses to take such a policy up; a pool that is to come is named when it is there';

/** Whether the guard's policy names pools, zones and labels that no node has. */
export async function checkGuardPolicy(
  located: LocatedConfiguration,
  connectionString: string,
): Promise<DoctorCheck> {
  const what = 'guard: places that its policy names';
  const { labels } = located.configuration.guard;
  const reader = await openJournalReader(connectionString);
  try {
    const problems = await fleetProblems(located, reader.inventory, labels);
    if (problems.length === 0)
      return { what, result: 'ok', detail: 'each has nodes, or was not observed yet' };
    const told = problems.map(({ line, column, key, reason }) => `${line}:${column}: ${key}: ${reason}`);
    return { what, result: 'attention', detail: told.join('; '), next };
  } finally {
    await reader.close();
  }
}
