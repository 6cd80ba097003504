import { once } from 'node:events';
import { expect, it } from 'vitest';
import { systemClock } from '../../adapters/clock/system-clock.js';
import { createStopping } from '../../cli/composition/stopping.js';

it('given many wait for the end at once, then Node warns of no leak, and all are let go: each warning looked like one', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  try {
    const stopping = createStopping();
    const waits = Array.from({ length: 40 }, () =>
      systemClock.waitUntil(systemClock.now() + 60_000, stopping.signal),
    );
    const marker = once(process, 'warning');
    process.emitWarning('all are waiting', 'Marker');
    await marker;
    expect(warnings).toEqual(['Marker']);
    stopping.abort();
    await Promise.all(waits);
  } finally {
    process.off('warning', note);
  }
});
