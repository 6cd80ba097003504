/** Nodes at which something has happened since they were last read, each once. */
export class ChangedNodes {
  #nodes = new Set<string>();
  #wake: () => void = () => undefined;

  add(node: string): void {
    this.#nodes.add(node);
    this.#wake();
  }

  /** Resolves when there are some, or at abort. */
  async some(signal: AbortSignal): Promise<void> {
    if (this.#nodes.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }

  take(): readonly string[] {
    const taken = [...this.#nodes];
    this.#nodes = new Set();
    return taken;
  }
}
