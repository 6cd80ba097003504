import { Counter, type Registry } from 'prom-client';

import type { ArchiveMetrics } from '../ports/metrics.js';

export function archiveMetrics(registry: Registry): ArchiveMetrics {
  const runs = new Counter({
    name: 'faultline_archive_runs_total',
    help: 'Runs that moved facts of long ago into files, or failed to; none where no archive.folder is configured.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['done', 'failed']) runs.inc({ result }, 0);
  return {
    archiveRun: (result) => {
      runs.inc({ result });
    },
  };
}
