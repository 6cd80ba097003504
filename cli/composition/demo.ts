import type { Environment } from './surroundings.js';
import type { DemoResult } from './demo/result.js';
import { startDemo } from './demo/run-demo.js';
import { packageVersion } from '../package-version.js';
import { announceServer, createLog } from './run.js';

export interface RunDemoOptions {
  readonly record: string;
  readonly nodes: number;
  readonly days?: number;
  /** At most so many seconds of the record in one second. */
  readonly speed: number;
  readonly seed: string;
  /** On a real stack of its own instead of the embedded one. */
  readonly stack: boolean;
  readonly port: number;
  /** End with the result; otherwise the API stays until interrupted. */
  readonly exit: boolean;
  readonly environment: Environment;
  readonly logLevel: string;
  /** One line per event, as it happens. */
  readonly narrate: (line: string) => void;
  readonly onListening: (url: string) => void;
  readonly onResult: (result: DemoResult) => void;
  readonly interrupted: AbortSignal;
}

/** `faultline demo`. Resolves with the result; the caller exits with 1 when a report is unaccounted for. */
export async function runDemo(options: RunDemoOptions): Promise<DemoResult> {
  const { record, nodes, days, speed, seed, stack, port, environment, narrate, interrupted } = options;
  const log = createLog(options.logLevel);
  const demo = await startDemo({
    record,
    nodes,
    ...(days === undefined ? {} : { days }),
    speed,
    seed,
    stack,
    port,
    narrate,
    log,
    logOf: (service) => log.child({ service }),
    environment,
    version: packageVersion(),
    signal: interrupted,
  });
  const withdraw = announceServer(demo.url);
  options.onListening(demo.url);
  try {
    const result = await demo.result;
    options.onResult(result);
    if (!options.exit && !interrupted.aborted) {
      await new Promise<void>((resolve) => {
        interrupted.addEventListener('abort', () => {
          resolve();
        });
      });
    }
    return result;
  } finally {
    withdraw();
    await demo.stop();
  }
}
