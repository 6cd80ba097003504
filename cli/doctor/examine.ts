import { apiVersion } from '../../services/console/forms/form.js';
import type { LocatedConfiguration } from '../configuration/load.js';
import type { DoctorReport } from '../forms/doctor.js';
import { packageVersion } from '../package-version.js';
import type { Terminal } from '../terminal.js';
import { checkArchiveFolder } from './archive.js';
import { checkBmcs, checkRegistry, checkWebhooks } from './http-services.js';
import { checkEventLog } from './kafka.js';
import { checkCluster } from './kubernetes.js';
import { checkMetrics } from './metrics.js';
import { checkModes } from './modes.js';
import { lookAtState } from './state.js';
import { checkJournal } from './stores.js';

/** Everything that the configuration needs, tried; changes nothing anywhere. */
export async function examine(located: LocatedConfiguration, terminal: Terminal): Promise<DoctorReport> {
  const { configuration } = located;
  const version = packageVersion();
  const parts = await Promise.all([
    checkJournal(configuration, terminal).then((check) => [check]),
    checkArchiveFolder(configuration),
    checkEventLog(configuration, terminal),
    checkRegistry(configuration, terminal),
    ...configuration.clusters.map((cluster) => checkCluster(cluster, terminal, version)),
    ...configuration.clusters.map((cluster) => checkBmcs(cluster, terminal)),
    checkWebhooks(configuration, terminal),
    checkMetrics(configuration, terminal),
  ]);
  const { checks, state } = await lookAtState(located, terminal);
  return {
    apiVersion,
    kind: 'DoctorReport',
    configuration: configuration.path,
    checks: [...checkModes(configuration), ...parts.flat(), ...checks],
    ...(state === undefined ? {} : { state }),
  };
}
