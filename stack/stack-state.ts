import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ProcessRecord } from './supervised.js';

/** Where everything that `up` started can be reached; what `status -o json` prints under `endpoints`. */
export interface Endpoints {
  readonly kafka: { readonly bootstrapServers: readonly string[] };
  readonly schemaRegistry: { readonly url: string };
  readonly postgres: { readonly connectionString: string };
  readonly kubernetes: {
    readonly name: string;
    readonly server: string;
    readonly kubeconfig: string;
    /** With exactly the rights that deploy/ gives to the ServiceAccount faultline. */
    readonly faultlineKubeconfig: string;
    /** For whoever plays the machines. */
    readonly worldKubeconfig: string;
    readonly auditLog: string;
    readonly kubectl: string;
  };
  readonly redfish: { readonly url: string; readonly systems: readonly { uuid: string; name: string }[] };
  readonly programs: {
    readonly nodeProblemDetector: string;
    /** Python with fastavro. */
    readonly python: string;
    readonly kcat: string;
  };
}

/** Files of one stack. `FAULTLINE_STACK` names another folder, for a second stack at the same time. */
export function stackFolder(): string {
  return resolve(process.env['FAULTLINE_STACK'] ?? join(import.meta.dirname, '..', '.faultline', 'stack'));
}

export function ledgerFile(folder: string): string {
  return join(folder, 'processes.jsonl');
}

/** What earlier runs started, oldest first. A line that a kill left half-written is left out: its process never got beyond its start. */
export async function recordedProcesses(folder: string): Promise<readonly ProcessRecord[]> {
  if (!existsSync(ledgerFile(folder))) return [];
  const lines = (await readFile(ledgerFile(folder), 'utf8')).split('\n').filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as unknown).filter(isRecord);
}

function isRecord(value: unknown): value is ProcessRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'identity' in value &&
    typeof value.identity === 'string' &&
    'log' in value &&
    typeof value.log === 'string'
  );
}

const endpointsFile = (folder: string): string => join(folder, 'endpoints.json');

export async function writeEndpoints(folder: string, endpoints: Endpoints): Promise<void> {
  // Passwords and tokens' places are in it.
  await writeFile(endpointsFile(folder), `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
}

/** Undefined unless an `up` ran to its end. */
export async function readEndpoints(folder: string): Promise<Endpoints | undefined> {
  if (!existsSync(endpointsFile(folder))) return undefined;
  // Written by the function above, and by nobody else.
  return JSON.parse(await readFile(endpointsFile(folder), 'utf8')) as Endpoints;
}
