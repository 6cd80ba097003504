import type { Command } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { QueuedCommand } from '../ports/journal.js';

/** A crowd is read from the table, oldest first; this is for the lone command that somebody waits for. */
const most = 4;
/** Nobody took them: whoever reads now has the table for that. */
const keptMs = 250;

/**
 * Commands that this process has committed a moment ago, each the only open one of its node: an executor in the same
 * process need not read them back from the table before it can begin. A hint as any answer of the queue is: what
 * became of them meanwhile is found out by the claim.
 */
export class FreshCommands {
  #commands: readonly QueuedCommand[] = [];

  /**
   * Takes in what was committed at once, in its order. `isAlone`: its node had no open command before, and goes on; of
   * several such commands of a node the first is.
   */
  offer(commands: readonly Command[], isAlone: (command: Command) => boolean, createdAt: number): void {
    const nodes = new Set<NodeKey>();
    const alone = commands.filter((command) => {
      const isFirst = !nodes.has(command.node);
      nodes.add(command.node);
      return isFirst && isAlone(command);
    });
    const queued = alone.map((command) => ({
      command,
      attempts: 0,
      unfinishedAttempt: false,
      createdAt,
    }));
    const all = [...this.#commands, ...queued];
    this.#commands = all.length > most ? [] : all;
  }

  /** Each is given once, and none that is older than a moment. */
  take(now: number): readonly QueuedCommand[] {
    const taken = this.#commands.filter(({ createdAt }) => now - createdAt <= keptMs && createdAt <= now);
    this.#commands = [];
    return taken;
  }
}
