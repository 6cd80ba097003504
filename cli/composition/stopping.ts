import { setMaxListeners } from 'node:events';

/**
 * Ends a whole installation. As many wait for its signal as pieces of work are under way (commands, pods that move,
 * loops), and each takes its listener away when its wait is over: that many of them are no leak, as Node would warn.
 */
export function createStopping(): AbortController {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  return stopping;
}
