import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { Past } from './past.js';

/** More than one where the machine booted while it was looked at; undefined: the node named none. */
type Boots = ReadonlySet<string | undefined>;

/**
 * On which boots processes isolated their nodes and looked at them: what the API server showed to whoever ended the command,
 * whatever Faultline says or remembers of it.
 */
export class BootBook {
  /** To a part since it let go of a command about this node. */
  readonly #shown = new Map<string, Set<string | undefined>>();
  readonly #isolated = new Past<Boots>();
  readonly #lookedAt = new Past<Boots>();

  note(happening: Happening, at: number): void {
    if (happening.kind === 'looked') this.#show(happening, happening.seen);
    else if (happening.kind === 'node patched') this.#show(happening, happening.after);
    else if (happening.kind === 'let go') {
      const { type, node, processId } = happening.command;
      const place = `${happening.by} ${node}`;
      const boots = this.#shown.get(place);
      this.#shown.delete(place);
      if (happening.result === undefined || boots === undefined) return;
      if (type === 'isolateNode') this.#isolated.note(processId, at, boots);
      if (type === 'isolateNode' || type === 'observeNode') this.#lookedAt.note(processId, at, boots);
    }
  }

  /** As the process isolated its node the last time before. */
  isolatedOn(process: ProcessId, at: number): Boots | undefined {
    return this.#isolated.asOf(process, at);
  }

  /** As the process isolated its node or looked at it the last time before. */
  lookedAtOn(process: ProcessId, at: number): Boots | undefined {
    return this.#lookedAt.asOf(process, at);
  }

  #show(
    { by, node }: { readonly by: string; readonly node: NodeKey },
    shown: KubernetesNode | undefined,
  ): void {
    if (shown === undefined) return;
    const place = `${by} ${node}`;
    this.#shown.set(place, (this.#shown.get(place) ?? new Set()).add(shown.status.nodeInfo?.bootID));
  }
}
