/** Groups under which Faultline reads its topics; also the names under which their offsets are kept. */
export const maintenanceGroup = 'maintenance';
export const migratorGroup = 'migrator';

/** Groups whose unread records keep a jumping clock still. */
export const consumerGroups: readonly string[] = [maintenanceGroup, migratorGroup];
