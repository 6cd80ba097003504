import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { runProgram } from '../../cli/program.js';
import type { Terminal } from '../../cli/terminal.js';
import { packageRoot } from '../../schemas/package-root.js';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A terminal that remembers; interruption is the test's to give. */
export function testTerminal(
  options: {
    readonly stdin?: string;
    readonly interrupted?: AbortSignal;
    readonly interactive?: boolean;
    readonly outIsShown?: boolean;
  } = {},
) {
  const written = { out: '', err: '', bytes: Buffer.alloc(0) };
  const terminal: Terminal = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    environment: { USER: 'tester' },
    colour: false,
    interactive: options.interactive ?? false,
    interrupted: options.interrupted ?? new AbortController().signal,
    onHangup: () => undefined,
    outBytes: (bytes) => void (written.bytes = Buffer.concat([written.bytes, bytes])),
    outIsShown: options.outIsShown ?? false,
    drained: () => Promise.resolve(),
    readStdin: () => Promise.resolve(options.stdin ?? ''),
  };
  return { terminal, written };
}

/** The command in this process: fast. */
export async function runCommand(words: readonly string[], stdin?: string): Promise<Ran> {
  const { terminal, written } = testTerminal(stdin === undefined ? {} : { stdin });
  const code = await runProgram(terminal, words);
  return { code, out: written.out, err: written.err };
}

/** Words of Node for the command as it is shipped; `buildFaultline` first. */
export function shippedCommand(words: readonly string[]): readonly string[] {
  return [join(packageRoot(), 'dist/cli/main.js'), ...words];
}

/** The command as a process of its own: what a shell sees. `buildFaultline` first. */
export function spawnCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, shippedCommand(words), {
    cwd: packageRoot(),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (written.err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, ...written });
    });
  });
}
