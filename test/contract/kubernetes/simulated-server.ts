import { startSimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import type { RunningServer } from './running-server.js';

/** The simulated API server on the wall clock. */
export async function startSimulated(): Promise<RunningServer> {
  const server = await startSimulatedApiServer({ clock: realTimeClock(), token: 'contract' });
  return {
    access: { baseUrl: server.baseUrl, token: server.token },
    forgetHistory: () => {
      server.forgetHistory();
      return Promise.resolve();
    },
    stop: () => server.stop(),
  };
}
