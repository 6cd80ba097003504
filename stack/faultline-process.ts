import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launch, untilReady, type Supervised } from './supervised.js';

const root = join(import.meta.dirname, '..');

export interface FaultlineProcess {
  readonly url: string;
  readonly process: Supervised;
  /** Everything that it wrote so far. */
  output(): Promise<string>;
}

/** Installs and compiles what is not up to date: processes are then started from what is shipped. */
export async function buildFaultline(clone = root): Promise<void> {
  await promisify(execFile)(process.execPath, [join(clone, 'tools/faultline.mjs'), '--version'], {
    maxBuffer: 16 * 1024 * 1024,
  });
}

export interface FaultlineLaunch {
  readonly configuration: string;
  /** Working folder, and place of the log. */
  readonly folder: string;
  /** All services, if not given. */
  readonly only?: readonly string[];
  /** Another clone of Faultline, built; this one, if not given. */
  readonly clone?: string;
  /** Options of Node itself, as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** `faultline run` as a process of its own. Resolves when it exists; it may end at once, where something is missing. */
export function launchFaultline(options: FaultlineLaunch): Promise<Supervised> {
  const { configuration, folder, only, clone = root, nodeOptions = [] } = options;
  const name = `faultline-${only?.join('-') ?? 'all'}${clone === root ? '' : '-other'}`;
  return launch({
    name,
    program: process.execPath,
    args: [
      ...nodeOptions,
      join(clone, 'dist/cli/main.js'),
      'run',
      '--config',
      configuration,
      ...(only === undefined ? [] : ['--only', only.join(',')]),
    ],
    log: join(folder, `${name}.log`),
    folder,
  });
}

/** `faultline run` as a process of its own. Resolves when it says that it is ready; stop it by its `process`. */
export async function startFaultline(options: FaultlineLaunch): Promise<FaultlineProcess> {
  const started = await launchFaultline(options);
  const { log } = started;
  const output = (): Promise<string> => readFile(log, 'utf8');
  let url = '';
  try {
    await untilReady(started, async () => {
      // The last one: a process that ran before in this folder wrote into the same log.
      url = [...(await output()).matchAll(/faultline listens on (\S+)/g)].at(-1)?.[1] ?? '';
      return url !== '' && (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
    });
  } catch (problem) {
    await started.stop();
    throw problem;
  }
  return { url, process: started, output };
}
