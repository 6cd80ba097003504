import type { ServerResponse } from 'node:http';
import type { WorldClock } from '../clock.js';
import type { ApiRequest, Route } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import { ApiRefusal } from './status.js';
import { startWatch, type Watch } from './watch.js';

const bookmarkEveryMs = 60_000;
const longestWatchSeconds = 1800;

/**
 * Streams a watch as JSON lines until the client leaves or its timeoutSeconds (wall time) are over; with bookmarks every
 * minute and right before the end.
 */
export function serveWatch(
  { state, wallClock }: { readonly state: ClusterState; readonly wallClock: WorldClock },
  route: Route,
  request: ApiRequest,
  response: ServerResponse,
): void {
  const lines: string[] = [];
  const progress = { open: false, over: false };
  const sink = {
    line: (text: string): void => {
      if (progress.open) response.write(text);
      else lines.push(text);
    },
    end: (): void => {
      progress.over = true;
    },
  };
  let watch: Watch;
  try {
    watch = startWatch(state, route, request.query, sink);
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    response.writeHead(error.code, { 'content-type': 'application/json' }).end(JSON.stringify(error.status));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  response.flushHeaders();
  progress.open = true;
  if (lines.length > 0) response.write(lines.join(''));
  if (progress.over) {
    response.end();
    return;
  }
  limit(watch, request, response, wallClock);
}

function limit(watch: Watch, request: ApiRequest, response: ServerResponse, wallClock: WorldClock): void {
  const asked = Number(request.query.get('timeoutSeconds') ?? '0');
  const seconds = asked > 0 ? asked : longestWatchSeconds;
  const end = wallClock.schedule(wallClock.now() + seconds * 1000, () => {
    watch.bookmark();
    watch.stop();
    response.end();
  });
  let next = wallClock.schedule(wallClock.now() + bookmarkEveryMs, function again() {
    watch.bookmark();
    next = wallClock.schedule(wallClock.now() + bookmarkEveryMs, again);
  });
  response.on('close', () => {
    watch.stop();
    end.cancel();
    next.cancel();
  });
}
