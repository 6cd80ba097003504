const nodesLastLine = /^Node\.js v[\d.]+$/;

/**
 * What Node wrote when the process ended by an error that nobody caught, from the last words of its log; undefined: it ended
 * in another way. Whoever can't go on says so and what to do, and has a line of its own for that.
 */
export function crashIn(lastWords: string): string | undefined {
  const lines = lastWords.trimEnd().split('\n');
  if (!nodesLastLine.test(lines.at(-1) ?? '')) return undefined;
  return lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1).join('\n');
}
