import { Counter, Gauge, type Registry } from 'prom-client';

import type { IntakeMetrics } from '../ports/metrics.js';

export function intakeMetrics(registry: Registry): IntakeMetrics {
  const registers = [registry];
  const accepted = new Counter({
    name: 'faultline_reports_accepted_total',
    help: 'Reports that intake acknowledged: the log holds them.',
    registers,
  });
  const rejected = new Counter({
    name: 'faultline_reports_rejected_total',
    help: 'Reports that intake did not take: invalid, forbidden to this token, or refused by the log.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['invalid', 'forbidden', 'refused-by-log']) rejected.inc({ reason }, 0);
  const refused = new Counter({
    name: 'faultline_intake_requests_refused_total',
    help: 'Requests that intake refused as a whole, by the kind of problem.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['overloaded', 'unavailable', 'unauthorized']) refused.inc({ reason }, 0);
  let waiting = (): number => 0;
  new Gauge({
    name: 'faultline_intake_append_queue_records',
    help: 'Reports of this copy that wait for the log or are on their way to it.',
    registers,
    collect() {
      this.set(waiting());
    },
  });
  return {
    reportsAccepted: (count) => {
      accepted.inc(count);
    },
    reportRejected: (reason) => {
      rejected.inc({ reason });
    },
    requestRefused: (reason) => {
      refused.inc({ reason });
    },
    appendQueue: (ask) => {
      waiting = ask;
    },
  };
}
