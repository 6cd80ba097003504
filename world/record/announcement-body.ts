export interface RaisedAlert {
  readonly alertName: string;
  readonly summary: string;
  readonly faultType: string;
  readonly cluster: string;
  readonly node: string;
  /** World's clock, ms. `endedAt` undefined: firing. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}

/** Alertmanager's webhook, version 4, with one alert. */
export function alertmanagerBody(alert: RaisedAlert): object {
  const { alertName, cluster, node, faultType, summary } = alert;
  const status = alert.endedAt === undefined ? 'firing' : 'resolved';
  const labels = { alertname: alertName, cluster, node, faultType, severity: 'critical' };
  const never = '0001-01-01T00:00:00Z';
  return {
    version: '4',
    groupKey: `{}:{alertname="${alertName}", cluster="${cluster}", node="${node}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'faultline',
    groupLabels: { alertname: alertName, cluster, node },
    commonLabels: labels,
    commonAnnotations: { summary },
    externalURL: 'http://alertmanager.world:9093',
    alerts: [
      {
        status,
        labels,
        annotations: { summary },
        startsAt: new Date(alert.startedAt).toISOString(),
        endsAt: alert.endedAt === undefined ? never : new Date(alert.endedAt).toISOString(),
        generatorURL: 'http://prometheus.world:9090/graph',
        fingerprint: fingerprintOf(`${alertName}/${cluster}/${node}`),
      },
    ],
  };
}

/** 16 hex digits, the same for the same labels; FNV-1a, 64 bit, as Prometheus does. */
function fingerprintOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
