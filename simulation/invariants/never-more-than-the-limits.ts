import type { CommandType, Operation } from '../../domain/command.js';
import type { CommandId } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';

type Claimed = Extract<Happening, { readonly kind: 'claimed' }>;

const operationOf: Partial<Record<CommandType, Operation>> = {
  isolateNode: 'isolate',
  requestMigration: 'migrate',
  deleteWorkload: 'delete-pods',
  restartComponent: 'restart-component',
  powerOff: 'power',
  reimage: 'reimage',
};

interface Rate {
  /** Begun in one window at most. */
  readonly count: number;
  readonly windowMs: number;
}

export interface OperationsLimits {
  /** Under way at the same time, from when one is begun until its result is known. How many nodes are isolated is counted by nodes. */
  readonly atOnce: Partial<Record<Operation, number>>;
  readonly rates: Partial<Record<Operation, Rate>>;
}

/**
 * 7, continued. Never more of an operation at once, nor more begun in a window, than the limits say: counted by what was begun
 * and how it ended, not by what the guard has counted. Windows are those of the clock of whoever begins.
 * @param aheadMs by how much the clock of a part is ahead
 */
export function neverMoreThanTheLimits(
  { atOnce, rates }: OperationsLimits,
  aheadMs: (part: string) => number,
): Invariant {
  const underWay = new Map<Operation, Set<CommandId>>();
  const begun = new Map<string, CommandId[]>();
  const tooMany = (operation: Operation, { command }: Claimed): string | undefined => {
    const commands = (underWay.get(operation) ?? new Set()).add(command.id);
    underWay.set(operation, commands);
    return commands.size > (atOnce[operation] ?? Infinity)
      ? `${[...commands].join(' and ')} at once, all of them to ${operation}`
      : undefined;
  };
  const tooFast = (operation: Operation, { by, command, issuedAt }: Claimed): string | undefined => {
    const rate = rates[operation];
    if (rate === undefined) return undefined;
    const window = `${operation} ${Math.floor((issuedAt + aheadMs(by)) / rate.windowMs)}`;
    const commands = [...(begun.get(window) ?? []), command.id];
    begun.set(window, commands);
    return commands.length > rate.count
      ? `${commands.join(' and ')} begun to ${operation} within one window of ${rate.windowMs} ms`
      : undefined;
  };
  return {
    name: 'never more of an operation at once, nor in a window, than the limits say',
    after: (happening) => {
      // Whoever was at it has died, and nobody knows of it any more.
      if (happening.kind === 'journal lost') for (const known of [underWay, begun]) known.clear();
      if (happening.kind !== 'claimed' && happening.kind !== 'let go') return undefined;
      const operation = operationOf[happening.command.type];
      if (operation === undefined) return undefined;
      if (happening.kind === 'let go') {
        if (happening.result !== undefined) underWay.get(operation)?.delete(happening.command.id);
        return undefined;
      }
      return happening.attempt > 1
        ? undefined
        : (tooMany(operation, happening) ?? tooFast(operation, happening));
    },
  };
}
