import { MemoryEventLog } from '../../adapters/memory/event-log.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { NewRecord } from '../../adapters/ports/event-log.js';
import type { CommandQueue, FleetInventory, Installation } from '../../adapters/ports/journal.js';
import type { Command } from '../../domain/command.js';
import type { CommandId } from '../../domain/identifiers.js';
import { eventSource, sequenceText } from '../../schemas/cloud-events.js';
import type { Happening } from '../world/happening.js';
import { Subscriber } from '../world/subscriber.js';

type Tell = (happening: Happening) => void;

/** As whom the journal of an installation publishes. */
export function maintenanceSource(installation: string): string {
  return eventSource(installation, 'maintenance');
}

/** The same log; whoever listens hears each record that it takes. */
export class WitnessedLog extends MemoryEventLog {
  readonly #tell: Tell;
  readonly #subscriber = new Subscriber();

  constructor(
    options: { readonly clock: Clock; readonly pace: (step: string, topic: string) => Promise<void> },
    tell: Tell,
  ) {
    super(options);
    this.#tell = tell;
  }

  /** A journal is gone; another one goes on under this id, or under another. */
  journalLost(gone: Installation): void {
    const next = { epoch: gone.epoch + 1, version: 0 };
    this.#subscriber.forget(maintenanceSource(gone.id), sequenceText(next));
  }

  override async append(records: readonly NewRecord[]): Promise<void> {
    await super.append(records);
    for (const record of records) this.#tell({ kind: 'published', record: this.#subscriber.read(record) });
  }
}

/** The same queue; whoever listens hears who holds which command, as it goes over this port. */
export function witnessedQueue(
  queue: CommandQueue,
  by: string,
  context: { readonly tell: Tell; readonly commands: Map<CommandId, Command>; readonly skewMs: number },
): CommandQueue {
  const { tell, commands, skewMs } = context;
  const told = (id: CommandId, happening: (command: Command) => Happening): void => {
    const command = commands.get(id);
    if (command !== undefined) tell(happening(command));
  };
  return {
    claimable: async (now, limit) => {
      const heads = await queue.claimable(now, limit);
      for (const { command } of heads) commands.set(command.id, command);
      return heads;
    },
    justIssued: async (now) => {
      const issued = await queue.justIssued(now);
      for (const { command } of issued) commands.set(command.id, command);
      return issued;
    },
    claim: async (id, claim) => {
      const answer = await queue.claim(id, claim);
      const { budgets } = claim;
      const issuedAt = claim.now - skewMs;
      const until = issuedAt + claim.leaseMs;
      if (answer.kind === 'claimed') {
        const { attempt } = answer;
        told(id, (command) => ({ kind: 'claimed', by, command, budgets, until, attempt, issuedAt }));
      }
      return answer;
    },
    extend: async (id, claim) => {
      const held = await queue.extend(id, claim);
      const until = claim.now - skewMs + claim.leaseMs;
      if (held) told(id, (command) => ({ kind: 'prolonged', by, command, until }));
      return held;
    },
    postpone: async (id, wait) => {
      await queue.postpone(id, wait);
      told(id, (command) => ({ kind: 'let go', by, command }));
    },
    settle: async (result, now) => {
      const settled = await queue.settle(result, now);
      if (settled) told(result.commandId, (command) => ({ kind: 'let go', by, command, result }));
      return settled;
    },
    releaseEnded: () => queue.releaseEnded(),
    nextDue: (after) => queue.nextDue(after),
    awaitWork: (signal) => queue.awaitWork(signal),
  };
}

/** The same inventory; whoever listens hears when it is said to be fresh. */
export function witnessedInventory(inventory: FleetInventory, tell: Tell): FleetInventory {
  return {
    places: () => inventory.places(),
    replace: async (cluster, members, observedAt) => {
      await inventory.replace(cluster, members, observedAt);
      tell({ kind: 'inventory told', cluster });
    },
    change: (cluster, changes, observedAt) => inventory.change(cluster, changes, observedAt),
    picture: (cluster) => inventory.picture(cluster),
    member: (node) => inventory.member(node),
  };
}
