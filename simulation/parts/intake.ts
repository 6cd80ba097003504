import { createIntakeRequests, type IntakeRequests } from '../../services/intake/answer-requests.js';
import { schemaIds, type Ports } from './ports.js';

/** Intake behind its HTTP server: what reads, checks, stores and answers. */
export function intakeOf({ eventLog, clock, incarnation }: Ports): IntakeRequests {
  return createIntakeRequests({
    eventLog,
    schemaIds,
    clock,
    randomness: incarnation.random,
    source: '/faultline/simulated/intake',
  });
}
