import type { Command } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';

export interface Held {
  readonly command: Command;
  readonly until: number;
}

/** Which part works on which command of a node, as it was told to the queue. What a part last did there stays known. */
export class ClaimBook {
  readonly #held = new Map<string, Held>();

  note(happening: Happening): void {
    if (happening.kind !== 'claimed' && happening.kind !== 'prolonged') return;
    const { by, command, until } = happening;
    this.#held.set(`${by} ${command.node}`, { command, until });
  }

  /** The latest claim of this part on this node, in force or not. */
  latest(by: string, node: NodeKey): Held | undefined {
    return this.#held.get(`${by} ${node}`);
  }
}
