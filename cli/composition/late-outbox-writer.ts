import type { OutboxWriter } from '../../adapters/ports/journal.js';

/**
 * What is published names installation and epoch, and only the journal knows them: it is opened first and gets its
 * writer afterwards. Nothing is written in between.
 */
export function lateOutboxWriter(): { readonly writer: OutboxWriter; use(writer: OutboxWriter): void } {
  let actual: OutboxWriter | undefined;
  const known = (): OutboxWriter => {
    if (actual === undefined) throw new TypeError('the journal wrote before its installation was read');
    return actual;
  };
  return {
    writer: {
      signal: (node, signal, cause) => known().signal(node, signal, cause),
      decided: (decision, input) => known().decided(decision, input),
      pause: (told) => known().pause(told),
      fates: (reports) => known().fates(reports),
    },
    use: (writer) => {
      actual = writer;
    },
  };
}
