import type { Command } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { Past } from './past.js';

export interface Held {
  readonly command: Command;
  readonly until: number;
}

/** Which part worked on which command of a node at which time, as it was told to the queue. */
export class ClaimBook {
  readonly #held = new Past<Held>();

  note(happening: Happening, at: number): void {
    if (happening.kind !== 'claimed' && happening.kind !== 'prolonged') return;
    const { by, command, until } = happening;
    this.#held.note(`${by} ${command.node}`, at, { command, until });
  }

  /**
   * The latest claim of this part on this node when the request was sent, in force or not. It may arrive when its sender
   * has died and its successor holds another command.
   */
  behind({ by, node, issuedAt }: Request): Held | undefined {
    return this.#held.asOf(`${by} ${node}`, issuedAt);
  }
}

interface Request {
  readonly by: string;
  readonly node: NodeKey;
  readonly issuedAt: number;
}
