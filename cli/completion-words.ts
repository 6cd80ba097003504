import type { Command, Option } from 'commander';

/** Names that a running Faultline knows. */
type NameList = 'nodes' | 'processes' | 'pauses' | 'changes';

/** Asks a running Faultline for names; no answer is no names. */
export type ListNames = (list: NameList) => Promise<readonly string[]>;

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ short, long }) => word !== undefined && (short === word || long === word));
}

/** The command that the words lead to, and what is left of them. */
function descend(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  const [first, ...others] = words;
  const child = program.commands.find(
    (known) => known.name() === first || known.aliases().includes(first ?? ''),
  );
  return child === undefined ? { command: program, rest: words } : descend(child, others);
}

function namesNeeded(command: Command): NameList | undefined {
  const [argument] = command.registeredArguments;
  if (argument?.name() === 'process') return 'processes';
  if (argument?.name() === 'pause') return 'pauses';
  if (argument?.name() === 'change') return 'changes';
  return argument?.name() === 'node' || command.name() === 'node' ? 'nodes' : undefined;
}

async function candidates(
  command: Command,
  rest: readonly string[],
  list: ListNames,
): Promise<readonly string[]> {
  const option = optionOf(command, rest.at(-1));
  if (option?.required === true) return option.argChoices ?? [];
  if (command.commands.length > 0) return command.commands.map((child) => child.name());
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ long, short }) => long ?? short ?? '');
  const names = namesNeeded(command);
  const given = rest.some((word) => !word.startsWith('-'));
  return names === undefined || given ? options : [...(await list(names)), ...options];
}

/**
 * Words that may stand next.
 * @param words what is written after `faultline`; the last one is being written and may be empty
 */
export async function completionWords(
  program: Command,
  words: readonly string[],
  list: ListNames,
): Promise<readonly string[]> {
  const begun = words.at(-1) ?? '';
  const { command, rest } = descend(program, words.slice(0, -1));
  return (await candidates(command, rest, list)).filter((word) => word.startsWith(begun));
}
