import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { pino, type Logger } from 'pino';

import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import type { Configuration } from '../configuration/configuration.js';
import { packageVersion } from '../package-version.js';
import { serverFile } from '../server-address.js';
import { configurationFile } from './configuration-source.js';
import type { Environment } from './surroundings.js';
import { keepHeapSmall } from './heap.js';
import { startInstallation } from './installation.js';
import type { ServiceName } from './service-names.js';

/** JSON lines on stderr: stdout is for results. */
export function createLog(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}

/** Commands in the same folder find this server by it. Resolves with how to take it away again. */
export function announceServer(url: string): () => void {
  try {
    mkdirSync(dirname(serverFile), { recursive: true });
    writeFileSync(serverFile, JSON.stringify({ url, pid: process.pid }));
  } catch {
    // A read-only folder: commands then need --server.
    return () => undefined;
  }
  return () => {
    rmSync(serverFile, { force: true });
  };
}

export interface RunOptions {
  readonly configuration: Configuration;
  readonly wanted: ReadonlySet<ServiceName>;
  readonly environment: Environment;
  readonly logLevel: string;
  /** Hears when somebody says that the configuration has changed. */
  readonly onHangup: (heard: () => void) => void;
  /** Hears where the API listens, once everything is up. */
  readonly onListening: (url: string) => void;
  /** Aborts at SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal;
}

/**
 * `faultline run`: works until interrupted, then finishes what is short and closes. Rejects when a dependency is
 * missing at start, or a part can't go on; whoever runs it should then exit with 1 and start it anew.
 */
export async function runFaultline(options: RunOptions): Promise<void> {
  const { configuration, wanted, environment, interrupted } = options;
  keepHeapSmall();
  const log = createLog(options.logLevel);
  const installation = await startInstallation({
    configuration,
    wanted,
    surroundings: {
      clock: systemClock,
      randomness: systemRandomness,
      log,
      logOf: (service) => log.child({ service }),
      environment,
      version: packageVersion(),
    },
    source: configurationFile(configuration.path, options.onHangup),
    interrupted,
  });
  const withdraw = announceServer(installation.url);
  options.onListening(installation.url);
  const stopped = new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => {
      resolve();
    });
  });
  try {
    // A part that ends without being told to means that it can't go on.
    await Promise.race([stopped, installation.ended]);
  } finally {
    withdraw();
    await installation.stop();
  }
}
