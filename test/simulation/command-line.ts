import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A command was called in a way that it does not know: told in one line, with exit code 2. */
export class Usage extends Error {
  override readonly name = 'Usage';
}

/** The options of a command. Throws Usage for one that it does not have. */
export function readOptions<Options extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('. To specify');
    throw new Usage(`${why.split('\n')[0]}; \`${command} -- --help\` lists what there is`);
  }
}

/** A whole number. Throws Usage for anything else, and for less than `least`. */
export function wholeNumber(option: string, text: string, least = 1): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Usage(`--${option} takes a whole number from ${least} on, not "${text}"`);
}

/** Throws Usage for anything but these. */
export function oneOf<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const word = words.find((known) => known === text);
  if (word === undefined) throw new Usage(`--${option} takes ${words.join(' or ')}, not "${text}"`);
  return word;
}

/** Runs a command; what is wrong with its call is one line and exit code 2. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
