import type { Ending, World } from './effect.js';

const lost: Ending = { kind: 'lost' };

/**
 * Looks again and again until there is an end, the deadline has passed (`late` decides), the claim is lost or this
 * copy stops. Prolongs the claim before each look.
 */
export async function pollUntil(
  world: World,
  deadline: number,
  look: () => Promise<Ending | undefined>,
  late: () => Ending | Promise<Ending>,
): Promise<Ending> {
  const { clock, settings, stopping } = world;
  const begunAt = clock.now();
  for (;;) {
    const ending = await look();
    if (ending !== undefined) return ending;
    const now = clock.now();
    if (now >= deadline) return late();
    // What takes long is looked at less and less often, but often enough to keep the claim.
    const pause = Math.max(settings.pollMs, Math.min((now - begunAt) / 4, settings.leaseMs / 2));
    await clock.waitUntil(Math.min(now + pause, deadline), stopping);
    if (stopping.aborted || !(await world.keepClaim())) return lost;
  }
}
