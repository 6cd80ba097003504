import type { Incarnation, Trouble } from './incarnation.js';

/**
 * The same port, but each call of the named verbs is a step of the schedule. What is not named (waits, properties)
 * goes straight through; an answer to a part that has died never arrives.
 */
export function steppable<Port extends object>(
  incarnation: Incarnation,
  port: Port,
  options: {
    readonly name: string;
    readonly verbs: readonly (keyof Port & string)[];
    /** What can go wrong with a verb; each answers with something that the verb can answer with. */
    readonly troubles?: (verb: string) => readonly Trouble<unknown>[];
    /** Verbs of a session: one that has died does nothing any more, not even what it had sent. */
    readonly ofSession?: readonly string[];
    /** Called right before the other side acts, with the time at which the request was sent. */
    readonly beforeAct?: (issuedAt: number) => void;
  },
): Port {
  const verbs: ReadonlySet<string | symbol> = new Set(options.verbs);
  const step = (verb: string, member: Callable, target: Port) => {
    const called = `${options.name}.${verb}`;
    const isOfSession = options.ofSession?.includes(verb) === true;
    const troubles = options.troubles?.(verb);
    return (...parameters: unknown[]) => {
      const issuedAt = incarnation.now();
      const act = (): unknown => {
        options.beforeAct?.(issuedAt);
        if (isOfSession && !incarnation.isAlive()) return undefined;
        return Reflect.apply(member, target, parameters);
      };
      return incarnation.call(called, act, troubles);
    };
  };
  const pass =
    (member: Callable, target: Port) =>
    (...parameters: unknown[]) =>
      hushed(incarnation, Reflect.apply(member, target, parameters));
  const made = new Map<string | symbol, unknown>();
  return new Proxy(port, {
    get: (target, property) => {
      const known = made.get(property);
      if (known !== undefined) return known;
      const member: unknown = Reflect.get(target, property, target);
      if (!isCallable(member)) return member;
      const calling = verbs.has(property) ? step(String(property), member, target) : pass(member, target);
      made.set(property, calling);
      return calling;
    },
  });
}

type Callable = (...parameters: unknown[]) => unknown;

function isCallable(member: unknown): member is Callable {
  return typeof member === 'function';
}

/** A wait that was begun by a part that has died since must not wake it. */
function hushed(incarnation: Incarnation, answer: unknown): unknown {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    answer.then(
      (value: unknown) => {
        if (incarnation.isAlive()) resolve(value);
      },
      (error: unknown) => {
        if (incarnation.isAlive()) reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
