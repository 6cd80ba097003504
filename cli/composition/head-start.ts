import { isFaultType } from '../../domain/fault.js';
import { headStartMs } from '../../services/guard/severity.js';
import type { Configuration } from '../configuration/configuration.js';

/** How much older than it is what is because of this fault counts, where many wait for leave, ms. */
export function headStartOf(
  { severities }: Pick<Configuration, 'severities'>,
  faultType: string | undefined,
): number {
  return faultType !== undefined && isFaultType(faultType) ? headStartMs[severities[faultType]] : 0;
}
