import type { Subscription } from '../../adapters/ports/event-log.js';
import type { IntakeRequests } from '../../services/intake/answer-requests.js';
import type { Installation, Ports } from './ports.js';

/** A part at work. */
export interface Running {
  /** Resolves when it has stopped; rejects when its process would exit. */
  readonly ended: Promise<unknown>;
  readonly subscriptions: readonly Subscription[];
  /** Takes requests of agents and monitoring. */
  readonly intake?: IntakeRequests;
}

export type Start = (installation: Installation, ports: Ports) => Running;
