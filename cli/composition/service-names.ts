/** Parts that can be run alone. All of them in one process is one process per installation. */
export const serviceNames = [
  'intake',
  'console',
  'detector',
  'maintenance',
  'relay',
  'executor',
  'migrator',
  'tracer',
  'webhooks',
  'node-states',
] as const;
export type ServiceName = (typeof serviceNames)[number];

export function isServiceName(text: string): text is ServiceName {
  return serviceNames.some((name) => name === text);
}
