import type { ServerAccess } from './api-client.js';
import type { ServerControl } from './contract-case.js';

export interface RunningServer extends ServerControl {
  readonly access: ServerAccess;
  stop(): Promise<void>;
}
