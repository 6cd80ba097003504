import type { RecordedFile, Removal, Stretch } from '../ports/archive.js';
import { compareBytes } from './pages.js';

/** How many facts these stretches hold. */
export function factsOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { firstVersion, lastVersion }) => sum + lastVersion - firstVersion + 1, 0);
}

/** What the journal keeps of a file. Throws for one that holds nothing. */
export function recordedFile({ file, stretches, at }: Removal): RecordedFile {
  const nodes = stretches.map(({ node }) => node).sort(compareBytes);
  const [firstNode] = nodes;
  const lastNode = nodes.at(-1);
  if (firstNode === undefined || lastNode === undefined) throw new RangeError(`${file.name} holds no facts`);
  return { ...file, facts: factsOf(stretches), firstNode, lastNode, archivedAt: at };
}
