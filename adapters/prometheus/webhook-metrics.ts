import { Counter, Gauge, type Registry } from 'prom-client';

import type { WebhookFigure, WebhookMetrics } from '../ports/metrics.js';

export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  let look: () => readonly WebhookFigure[] = () => [];
  // Another copy may have taken over since the last look: what it serves is told by it alone.
  new Gauge({
    name: 'faultline_webhook_lag_seconds',
    help: 'Age of the oldest event that a subscriber by webhook has not got, or that was not looked at for it yet; 0: none.',
    labelNames: ['subscriber'],
    registers,
    collect() {
      this.reset();
      for (const { name, lagMs } of look()) this.set({ subscriber: name }, lagMs / 1000);
    },
  });
  new Gauge({
    name: 'faultline_webhook_events',
    help: 'Events that wait for another try, or are dead: nobody tries them until a person says so.',
    labelNames: ['subscriber', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { name, waiting, dead } of look()) {
        this.set({ subscriber: name, state: 'waiting' }, waiting);
        this.set({ subscriber: name, state: 'dead' }, dead);
      }
    },
  });
  new Gauge({
    name: 'faultline_webhook_paused',
    help: '1 while nothing is sent to a subscriber: a person said so, or it answered 410.',
    labelNames: ['subscriber'],
    registers,
    collect() {
      this.reset();
      for (const { name, isPaused } of look()) this.set({ subscriber: name }, isPaused ? 1 : 0);
    },
  });
  const attempts = new Counter({
    name: 'faultline_webhook_requests_total',
    help: 'Requests to subscribers by webhook, by how they ended.',
    labelNames: ['subscriber', 'result'],
    registers,
  });
  const forgotten = new Counter({
    name: 'faultline_webhook_records_forgotten_total',
    help: 'Records of its topics that the log deleted before they were looked at for a subscriber by webhook.',
    labelNames: ['subscriber'],
    registers,
  });
  return {
    webhookSubscribers: (given) => {
      look = given;
    },
    webhookAttempted: (subscriber, result) => {
      attempts.inc({ subscriber, result });
    },
    webhookForgotten: (subscriber, records) => {
      forgotten.inc({ subscriber }, records);
    },
  };
}
