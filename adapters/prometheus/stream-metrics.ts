import { Counter, Gauge, type Registry } from 'prom-client';

import type { StreamMetrics } from '../ports/metrics.js';

export function streamMetrics(registry: Registry): StreamMetrics {
  const registers = [registry];
  let look = () => ({ streams: 0, lagMs: 0 });
  new Gauge({
    name: 'faultline_event_streams',
    help: 'Subscribers that read /v1/events of this process.',
    registers,
    collect() {
      this.set(look().streams);
    },
  });
  new Gauge({
    name: 'faultline_event_stream_lag_seconds',
    help: 'Age of the oldest event that waits for a subscriber of /v1/events; 0: none waits.',
    registers,
    collect() {
      this.set(look().lagMs / 1000);
    },
  });
  const sent = new Counter({
    name: 'faultline_event_stream_events_total',
    help: 'Events given to subscribers of /v1/events, each counted for each of them.',
    registers,
  });
  const cut = new Counter({
    name: 'faultline_event_streams_cut_off_total',
    help: 'Subscribers of /v1/events that were too slow, and have to come again.',
    registers,
  });
  return {
    eventStreams: (given) => {
      look = given;
    },
    eventsStreamed: (count) => {
      sent.inc(count);
    },
    streamCutOff: () => {
      cut.inc();
    },
  };
}
