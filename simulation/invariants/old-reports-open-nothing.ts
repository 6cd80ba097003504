import type { Invariant } from './invariant.js';

/** The how-manieth boot of its machine this was; Infinity: nobody knows. */
export type BootNumber = (bootId: string | null | undefined) => number;

/** 5 and the first lesson of DESIGN section 11: a report of a boot that is known to be over opens no fault. */
export function oldReportsOpenNothing(numberOf: BootNumber): Invariant {
  const bootOfReport = new Map<string, number>();
  const reboots = new Map<string, { readonly boot: number; readonly at: number }>();
  return {
    name: 'a report from before the last boot opens nothing',
    after: (happening) => {
      if (happening.kind !== 'published') return undefined;
      const { ReportReceived: report, ProcessEvent: told, ReportsDecided: fates } = happening.record.event;
      if (report !== undefined) bootOfReport.set(report.reportId, numberOf(report.bootId));
      if (told?.type === 'NodeRebooted') {
        reboots.set(`${told.cluster}/${told.node}`, { boot: numberOf(told.data['bootId']), at: told.at });
      }
      for (const { reportId, fate, cluster, node, at } of fates?.decided ?? []) {
        const reboot = reboots.get(`${cluster}/${node}`);
        const old = reboot !== undefined && (bootOfReport.get(reportId) ?? Infinity) < reboot.boot;
        if (fate === 'OPENED' && old && at > reboot.at)
          return `report ${reportId} of an earlier boot opened a fault`;
      }
      return undefined;
    },
  };
}
