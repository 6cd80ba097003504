import { inputTopics, topicsOfEvent } from '../../../schemas/catalog.js';

/** Groups under which Faultline reads its topics; also the names under which their offsets are kept. */
export const maintenanceGroup = 'maintenance';
export const migratorGroup = 'migrator';

/** Who reads what, in this installation. */
export const readers = [
  { group: maintenanceGroup, topics: inputTopics },
  { group: migratorGroup, topics: topicsOfEvent('MigrationRequested') },
] as const;

/** Groups whose unread records keep a jumping clock still. */
export const consumerGroups: readonly string[] = [maintenanceGroup, migratorGroup];
