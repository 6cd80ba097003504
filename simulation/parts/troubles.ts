import { LogUnavailable } from '../../adapters/ports/event-log.js';
import { JournalUnavailable } from '../../adapters/ports/journal.js';
import type { KubernetesAnswer } from '../../adapters/ports/kubernetes.js';
import type { PowerAnswer, PowerState } from '../../adapters/ports/power.js';
import type { WorkAnswer } from '../../adapters/ports/work-orders.js';
import type { Trouble } from '../scheduler/incarnation.js';

/** What can go wrong with each port. Only what the port's own contract allows: nothing here is a bug of the port. */

function throwing(name: string, acts: boolean, error: () => Error): Trouble<never> {
  return {
    name,
    acts,
    answer: () => {
      throw error();
    },
  };
}

function answering<Value>(name: string, acts: boolean, value: Value): Trouble<Value> {
  return { name, acts, answer: () => value };
}

/** A connection may also break after the commit. */
export const journalTroubles: readonly Trouble<never>[] = [
  throwing('no transaction', false, () => new JournalUnavailable('simulated: no connection')),
  throwing('commit not heard of', true, () => new JournalUnavailable('simulated: broke at the commit')),
];

/** The lock of an outbox partition is a session's: when the connection breaks, it is gone. */
export function outboxTroubles(verb: string, loseLocks: () => void): readonly Trouble<never>[] {
  const broken = throwing('lock lost', false, () => {
    loseLocks();
    return new JournalUnavailable('simulated: the lock was lost with its connection');
  });
  if (verb === 'release') return [];
  if (verb === 'acquire') return journalTroubles.filter(({ acts }) => !acts);
  return verb === 'unsent' ? [broken] : [...journalTroubles];
}

export const logTroubles: readonly Trouble<never>[] = [
  throwing('not appended', false, () => new LogUnavailable('simulated: no leader')),
  throwing('appended unheard', true, () => new LogUnavailable('simulated: no acknowledgement')),
];

type Refusal = KubernetesAnswer<never>;

const kubernetesReads: readonly Trouble<Refusal>[] = [
  answering('429', false, { kind: 'throttled', retryAfterMs: 1_000 }),
  answering('no connection', false, { kind: 'unreachable', message: 'simulated' }),
  answering('timeout', false, { kind: 'uncertain', message: 'simulated timeout' }),
];

const kubernetesWrites: readonly Trouble<Refusal>[] = [
  ...kubernetesReads,
  answering('409', false, { kind: 'conflict', message: 'simulated' }),
  answering('500', false, { kind: 'uncertain', message: 'simulated 500' }),
  answering('timeout after it acted', true, { kind: 'uncertain', message: 'simulated timeout' }),
];

export function kubernetesTroubles(verb: string): readonly Trouble<Refusal>[] {
  return /^(patch|evict|delete)/.test(verb) ? kubernetesWrites : kubernetesReads;
}

const powerReads: readonly Trouble<PowerAnswer<PowerState>>[] = [
  answering('no answer', false, { kind: 'uncertain', reason: 'simulated: the BMC hangs' }),
  answering('no connection', false, { kind: 'unreachable', reason: 'simulated' }),
  // It never says Off of a machine that runs: who believes that can't be helped.
  answering('says On', false, { kind: 'ok', value: { power: 'On' } }),
];

const powerWrites: readonly Trouble<PowerAnswer<true>>[] = [
  answering('no connection', false, { kind: 'unreachable', reason: 'simulated' }),
  answering('refused', false, { kind: 'refused', reason: 'simulated' }),
  answering('timeout', false, { kind: 'uncertain', reason: 'simulated timeout' }),
  answering('timeout after it acted', true, { kind: 'uncertain', reason: 'simulated timeout' }),
  answering('accepted, nothing done', false, { kind: 'ok', value: true }),
];

export function powerTroubles(verb: string): readonly Trouble<unknown>[] {
  return verb === 'read' ? powerReads : powerWrites;
}

const workTroubles: readonly Trouble<WorkAnswer<never>>[] = [
  answering('refused', false, { kind: 'refused', reason: 'simulated' }),
  answering('timeout', false, { kind: 'uncertain', reason: 'simulated timeout' }),
  answering('timeout after it acted', true, { kind: 'uncertain', reason: 'simulated timeout' }),
];

/** Who is asked how something goes may be silent, but does not refuse. */
export function orderTroubles(verb: string): readonly Trouble<WorkAnswer<never>>[] {
  return verb === 'status' ? workTroubles.filter(({ name }) => name === 'timeout') : workTroubles;
}
