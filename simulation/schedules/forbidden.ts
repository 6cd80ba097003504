import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Code that a schedule runs; what the test runner does in between is its own business. */
const ours = new RegExp(`${root}(adapters|domain|schemas|services|workflows|simulation|test/simulation)/`);

/** A schedule used time or chance that its seed does not decide. */
export class NotSimulated extends Error {
  override readonly name = 'NotSimulated';
}

function refusing<Parameters extends readonly unknown[], Value>(
  what: string,
  real: (...parameters: Parameters) => Value,
  problems: string[],
): (...parameters: Parameters) => Value {
  return function watched(...parameters) {
    // Without this frame itself, which is ours whoever calls.
    const call = new Error(what);
    Error.captureStackTrace(call, watched);
    if (ours.test(call.stack ?? '')) problems.push(call.stack ?? what);
    return real(...parameters);
  };
}

/**
 * Runs `work` while real timers, the wall clock and chance are watched. Rejects with NotSimulated if the code under simulation
 * touched one of them: then the seed would not decide everything.
 */
export async function withoutRealTime<Value>(work: () => Promise<Value>): Promise<Value> {
  const problems: string[] = [];
  const { setTimeout: timeout, setInterval: interval } = globalThis;
  const { now } = Date;
  const { random } = Math;
  globalThis.setTimeout = Object.assign(refusing('setTimeout', timeout, problems), timeout);
  globalThis.setInterval = Object.assign(refusing('setInterval', interval, problems), interval);
  Date.now = refusing('Date.now', now, problems);
  Math.random = refusing('Math.random', random, problems);
  try {
    const value = await work();
    if (problems[0] !== undefined) throw new NotSimulated(problems[0]);
    return value;
  } finally {
    Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });
    Date.now = now;
    Math.random = random;
  }
}
