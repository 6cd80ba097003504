import { InvalidArgumentError, Option } from 'commander';

/** Adds one `NAME=VALUE` to those before. */
function collectLabel(
  text: string,
  before: Readonly<Record<string, string[]>> = {},
): Record<string, string[]> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('write it like rack=r1');
  const label = text.slice(0, at);
  return { ...before, [label]: [...(before[label] ?? []), text.slice(at + 1)] };
}

export function labelOption(): Option {
  return new Option('--label <name=value...>', 'only nodes with this label (of guard.labels)').argParser(
    collectLabel,
  );
}

/** Only the members that were given. */
export function given<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<Members>;
}
