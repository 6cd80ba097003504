import { MemoryGuardBook } from '../../adapters/memory/journal/guard-book.js';
import type { WorldClock } from '../../world/clock.js';
import type { Installation } from '../parts/ports.js';

/** How often whoever is on call looks at incidents, and how long it takes to find out what one is. */
const lookEveryMs = 10 * 60_000;
const answerAfterMs = 30 * 60_000;

/** The people on call find that what breakers found is so: machines of a record fail in earnest. */
export function approveIncidents(clock: WorldClock, { store }: Installation): void {
  const book = new MemoryGuardBook(store);
  const look = async (): Promise<void> => {
    const at = clock.now();
    const { pauses } = await book.present();
    for (const { id, incident, begun } of pauses)
      if (incident !== undefined && begun.at + answerAfterMs <= at)
        await book.end(id, { how: 'approved', by: 'on-call', reason: 'they are ill', at });
    lookLater();
  };
  const lookLater = (): void => {
    clock.schedule(clock.now() + lookEveryMs, () => void look());
  };
  lookLater();
}
