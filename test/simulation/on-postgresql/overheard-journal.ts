import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { Outbox } from '../../../adapters/ports/journal.js';
import type { Deed } from './tape.js';

/** Hears of each call as it is made. The call goes on as if nobody listened: its answer comes no later. */
export type Listen = (name: string, deed: Deed, asked: Promise<unknown>) => void;

/** The same journal; `listen` hears every call but waits, which change nothing and answer nothing. */
export function overheardJournal(open: OpenJournal, listen: Listen): OpenJournal {
  const port = <Name extends Exclude<keyof OpenJournal, 'outbox' | 'close'>>(name: Name): OpenJournal[Name] =>
    overheard(open[name], (verb, parameters, asked) => {
      const on = (journal: OpenJournal): Promise<unknown> => again(journal[name], verb, parameters);
      listen(`${name}.${verb}`, { kind: 'call', on }, asked);
    });
  return {
    journal: port('journal'),
    commands: port('commands'),
    timers: port('timers'),
    outbox: overheardOutbox(open.outbox, listen),
    history: port('history'),
    inventory: port('inventory'),
    upkeep: port('upkeep'),
    deadLetters: port('deadLetters'),
    positions: port('positions'),
    archive: port('archive'),
    archiving: port('archiving'),
    nodeStates: port('nodeStates'),
    guardBook: port('guardBook'),
    guardPolicies: port('guardPolicies'),
    pauseNews: port('pauseNews'),
    guardHistory: port('guardHistory'),
    changeBook: port('changeBook'),
    close: () => {
      const closed = open.close();
      listen('close', { kind: 'session lost' }, closed);
      return closed;
    },
  };
}

function overheard<Port extends object>(
  port: Port,
  hear: (verb: string, parameters: readonly unknown[], asked: Promise<unknown>) => void,
): Port {
  return new Proxy(port, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property, target);
      if (!isCallable(member)) return member;
      return (...parameters: readonly unknown[]): unknown => {
        const asked: unknown = Reflect.apply(member, target, parameters);
        const verb = String(property);
        if (asked instanceof Promise && !verb.startsWith('await')) hear(verb, parameters, asked);
        return asked;
      };
    },
  });
}

function again(port: object, verb: string, parameters: readonly unknown[]): Promise<unknown> {
  const member: unknown = Reflect.get(port, verb, port);
  if (!isCallable(member)) return Promise.reject(new TypeError(`this journal has no ${verb}`));
  return Promise.resolve(Reflect.apply(member, port, parameters));
}

function isCallable(member: unknown): member is (...parameters: readonly unknown[]) => unknown {
  return typeof member === 'function';
}

function overheardOutbox(outbox: Outbox, listen: Listen): Outbox {
  const heard = <Value>(name: string, deed: Deed, asked: Promise<Value>): Promise<Value> => {
    listen(`outbox.${name}`, deed, asked);
    return asked;
  };
  return {
    partitions: outbox.partitions,
    acquire: (partition) => heard('acquire', { kind: 'acquire', partition }, outbox.acquire(partition)),
    release: (partition) => heard('release', { kind: 'release', partition }, outbox.release(partition)),
    unsent: (partitions, limit) => {
      const read = outbox.unsent(partitions, limit);
      return heard('unsent', { kind: 'unsent', partitions, limit, read }, read);
    },
    markSent: (entries, now) =>
      heard('markSent', { kind: 'mark sent', entries, now }, outbox.markSent(entries, now)),
    backlog: () =>
      heard('backlog', { kind: 'call', on: (journal) => journal.outbox.backlog() }, outbox.backlog()),
    awaitEntries: (partitions, signal) => outbox.awaitEntries(partitions, signal),
  };
}
