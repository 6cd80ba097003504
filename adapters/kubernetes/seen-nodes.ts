import type { KubernetesNode, NodeEvent } from '../ports/kubernetes.js';

/** Nodes as a watch told of them last. Empty while nobody watches. */
export class SeenNodes {
  #nodes = new Map<string, KubernetesNode>();

  get(name: string): KubernetesNode | undefined {
    return this.#nodes.get(name);
  }

  /** Passes the events on and remembers them, until they end. */
  async *remembering(events: AsyncIterable<NodeEvent>): AsyncGenerator<NodeEvent> {
    try {
      for await (const event of events) {
        if (event.kind === 'listed') {
          this.#nodes = new Map(event.nodes.map((node) => [node.metadata.name, node]));
        } else if (event.kind === 'changed') this.#nodes.set(event.node.metadata.name, event.node);
        else if (event.kind === 'deleted') this.#nodes.delete(event.node.metadata.name);
        yield event;
      }
    } finally {
      this.#nodes.clear();
    }
  }
}
