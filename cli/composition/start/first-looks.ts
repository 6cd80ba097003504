import { FirstLook, firstLooks, noLooksNeeded, type FirstLooks } from '../../../services/first-looks.js';
import { insist } from '../../../services/insist.js';
import type { Connections } from '../connections.js';
import type { Surroundings } from '../surroundings.js';
import type { RunningService } from './running-service.js';

/** Looks that are needed, and the services that take them. */
export interface StartedLooks {
  readonly looks: FirstLooks;
  readonly services: readonly RunningService[];
}

/**
 * A new or restored journal acts on no cluster before that was looked at: nodes that carry our taint without a process that
 * this journal knows are named. What becomes of them is decided like everything else: the detector finds them, and a
 * `reclaim` process gives back what is ours and well, or asks a person. A cluster that is away holds up only its own.
 */
export async function startFirstLooks(
  { journal, clusters }: Pick<Connections, 'journal' | 'clusters'>,
  { clock, randomness, logOf }: Surroundings,
  signal: AbortSignal,
): Promise<StartedLooks> {
  if (!(await journal.journal.installation()).paused) return { looks: noLooksNeeded, services: [] };
  const options = { clock, randomness, signal, log: logOf('first look') };
  const looks = new Map([...clusters].map(([name, cluster]) => [name, new FirstLook(cluster, options)]));
  const services = [...looks].map(([name, look]) => ({
    name: `first look at ${name}`,
    ended: look.run(),
    problem: () => look.problem(),
    underWay: () => (look.isUnderWay() ? 1 : 0),
  }));
  let isPaused = true;
  const resume = async (): Promise<void> => {
    await Promise.all(services.map(({ ended }) => ended));
    const isDone = await insist(options, 'the end of the pause of a new epoch', async () => {
      await journal.upkeep.resume();
    });
    if (isDone) isPaused = false;
  };
  const resuming = {
    name: 'end of the pause',
    ended: resume(),
    problem: () =>
      isPaused ? 'the journal is in a new epoch and paused until every cluster was looked at' : undefined,
    underWay: () => (isPaused && [...looks.values()].every(({ isOver }) => isOver) ? 1 : 0),
  };
  return { looks: firstLooks(looks), services: [...services, resuming] };
}
