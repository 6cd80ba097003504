import type { Configuration } from '../configuration/configuration.js';
import type { DoctorCheck } from '../forms/doctor.js';

/** Why an `active` of a pool or fault type lifts nothing; undefined: it does. */
function whyWithoutEffect({ policy, clusters }: Configuration): string | undefined {
  const { byDefault, byCluster } = policy.mode;
  if (byDefault === 'active') return 'mode.default is active already';
  return clusters.every(({ name }) => Object.hasOwn(byCluster, name))
    ? 'it lifts mode.default alone, and each cluster says its own mode'
    : undefined;
}

/** Where Faultline may act, and what is said of it that changes nothing. */
export function checkModes(configuration: Configuration): readonly DoctorCheck[] {
  const { policy, clusters } = configuration;
  const { byPool, byFaultType } = policy.mode;
  const lifting = [
    ...Object.entries(byPool).map(([pool, mode]) => ({ key: `mode.pools.${pool}`, mode })),
    ...Object.entries(byFaultType).map(([type, mode]) => ({ key: `mode.faultTypes.${type}`, mode })),
  ]
    .filter(({ mode }) => mode === 'active')
    .map(({ key }) => key);
  const acting = clusters.filter(({ mayAct }) => mayAct).map(({ name }) => name);
  const where = acting.length === 0 ? 'everything is only observed' : `may act in ${acting.join(', ')}`;
  const why = whyWithoutEffect(configuration);
  if (why === undefined || lifting.length === 0) return [{ what: 'modes', result: 'ok', detail: where }];
  return [
    {
      what: 'modes',
      result: 'attention',
      detail: `${where}; no effect has active at ${lifting.join(', ')}: ${why}`,
      next: `take it away in ${configuration.path}, or set mode.default to observe and give the cluster no mode of its own`,
    },
  ];
}
