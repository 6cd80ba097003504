import type { Log } from '../../adapters/ports/log.js';

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
