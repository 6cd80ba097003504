import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../../schemas/package-root.js';

/** Where the parts of a running stack are, as `npm run stack up -o json` prints it. */
export interface StackEndpoints {
  readonly kafka: { readonly bootstrapServers: readonly string[] };
  readonly schemaRegistry: { readonly url: string };
  readonly postgres: { readonly connectionString: string };
  readonly kubernetes: {
    readonly kubeconfig: string;
    readonly faultlineKubeconfig: string;
    readonly worldKubeconfig: string;
    readonly auditLog: string;
    readonly kubectl: string;
  };
}

/** The stack is a tool of the clone, or it did not start; the message says what to do. */
export class StackNotAvailable extends Error {
  override readonly name = 'StackNotAvailable';
}

export interface DemoStack {
  readonly endpoints: StackEndpoints;
  stop(): Promise<void>;
}

/**
 * Starts a stack of the demo's own, with empty data, by the program that `npm run stack` runs: it is no part of what is
 * shipped. What it says about its progress goes to `tell`. Rejects with StackNotAvailable.
 */
export async function startStack(folder: string, tell: (text: string) => void): Promise<DemoStack> {
  const program = join(packageRoot(), 'stack/main.ts');
  if (!existsSync(program) || !existsSync(join(packageRoot(), 'node_modules/tsx'))) {
    throw new StackNotAvailable(
      'the real stack is built from a clone: run `npm ci` and `npm run demo -- --stack` in one',
    );
  }
  const run = (...args: readonly string[]): Promise<string> => runStack(program, args, { folder, tell });
  const status: unknown = JSON.parse(await run('up', '--output', 'json'));
  return {
    // What the stack prints is held to this form by test/demo-stack.
    endpoints: (status as { readonly endpoints: StackEndpoints }).endpoints,
    stop: async () => {
      await run('down');
    },
  };
}

function runStack(
  program: string,
  args: readonly string[],
  { folder, tell }: { readonly folder: string; readonly tell: (text: string) => void },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      cwd: packageRoot(),
      env: { ...process.env, FAULTLINE_STACK: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      tell(chunk.toString());
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new StackNotAvailable(`the stack did not start (exit code ${code ?? 'none'}): see above`));
    });
  });
}
