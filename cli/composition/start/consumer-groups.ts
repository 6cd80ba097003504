import { inputTopics, topicsOfEvent } from '../../../schemas/catalog.js';
import type { Configuration } from '../../configuration/configuration.js';

/** Groups under which Faultline reads its topics; also the names under which their offsets are kept. */
export const maintenanceGroup = 'maintenance';
export const migratorGroup = 'migrator';
export const tracerGroup = 'tracer';

/** Who reads what, in this installation. */
export function readersOf({ tracing }: Pick<Configuration, 'tracing'>) {
  return [
    { group: maintenanceGroup, topics: inputTopics },
    { group: migratorGroup, topics: topicsOfEvent('MigrationRequested') },
    ...(tracing === undefined ? [] : [{ group: tracerGroup, topics: topicsOfEvent('ProcessEvent') }]),
  ];
}

/** Every group in which Faultline's services may read, whatever is configured. */
export const everyGroup: readonly string[] = [maintenanceGroup, migratorGroup, tracerGroup];

/** Groups whose unread records keep a jumping clock still. */
export const consumerGroups: readonly string[] = [maintenanceGroup, migratorGroup];
