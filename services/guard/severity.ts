/** The most severe last. */
export const severities = ['low', 'normal', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

const hourMs = 3_600_000;

/**
 * How much older what is because of such a fault counts, ms, where many wait for leave. No head start grows, so whoever
 * waits is overtaken for so long at most.
 */
export const headStartMs: Readonly<Record<Severity, number>> = {
  low: -hourMs,
  normal: 0,
  high: hourMs,
  critical: 4 * hourMs,
};
