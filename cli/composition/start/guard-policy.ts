import { awaitFirst, pause, superviseLoop } from '../../../services/supervision.js';
import type { ConfigurationSource } from '../configuration-source.js';
import type { GuardInForce } from '../guard-in-force.js';
import type { ServiceName } from '../service-names.js';
import { supervised, supervisionOf, type RunningService, type ServiceContext } from './running-service.js';

const lookEveryMs = 5_000;
/** A file that is just being written may be cut off where it still means something: it has to stand still for so long. */
const settleMs = 1_000;

/** Whether one of these parts asks the guard, or keeps what it counts by. */
export function goesByGuard(wanted: ReadonlySet<ServiceName>): boolean {
  return (['executor', 'console', 'detector'] as const).some((name) => wanted.has(name));
}

/**
 * Looks at the file every few seconds, and when it is told to, and offers what it says. Contents are compared: a ConfigMap is swapped
 * by a link, which whoever watches the file itself does not see.
 */
export function startGuardPolicy(
  context: Pick<ServiceContext, 'surroundings' | 'signal'>,
  guard: Pick<GuardInForce, 'offer'>,
  source: ConfigurationSource,
): RunningService {
  const name = 'guard policy';
  const { clock } = context.surroundings;
  const supervision = supervisionOf(context, name);
  let taken: string | undefined;
  const ended = superviseLoop(name, supervision, async () => {
    const seen = readingOf(source);
    if (seen.content === undefined || seen.content !== taken) {
      await pause(supervision, settleMs);
      if (readingOf(source).content === seen.content)
        taken = (await guard.offer(seen.again)) ? seen.content : undefined;
    }
    const turn = (signal: AbortSignal): Promise<void> => clock.waitUntil(clock.now() + lookEveryMs, signal);
    await awaitFirst([turn, (signal) => source.changed(signal)], supervision);
  });
  return supervised(name, ended, supervision);
}

/** What there is to read just now; `again` gives it, or throws as reading it did. */
function readingOf(source: ConfigurationSource): {
  readonly content: string | undefined;
  readonly again: () => string;
} {
  try {
    const content = source.read();
    return { content, again: () => content };
  } catch (error) {
    const again = (): never => {
      throw error;
    };
    return { content: undefined, again };
  }
}
