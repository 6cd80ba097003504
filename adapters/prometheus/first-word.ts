/** What may be a label of a reason: its first word. The rest names counters, nodes and people. */
export function firstWord(reason: string): string {
  return /^([A-Za-z][A-Za-z-]{0,39})(?:[^A-Za-z-]|$)/.exec(reason)?.[1] ?? 'Other';
}
