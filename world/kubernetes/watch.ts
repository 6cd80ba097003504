import type { Route } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import type { StoredObject } from './kubernetes-object.js';
import { selectObjects } from './read-verbs.js';
import { apiVersionOf } from './resources.js';
import { selectionOf, type Selection } from './selectors.js';
import { textOf } from './serialisation.js';
import { ApiRefusal, expired } from './status.js';
import type { Change } from './store.js';

/** Where a watch's lines go. */
export interface WatchSink {
  line(text: string): void;
  end(): void;
}

export interface Watch {
  /** Sends a bookmark with the present revision, if the client asked for bookmarks. */
  bookmark(): void;
  stop(): void;
}

/**
 * Starts a watch: first what the asked resourceVersion misses, then every change as it happens. Too old a version gives
 * one ERROR line with a 410 Status and the end. Throws `ApiRefusal` for bad selectors and versions.
 */
export function startWatch(
  state: ClusterState,
  route: Route,
  query: URLSearchParams,
  sink: WatchSink,
): Watch {
  const selection = selectionOf(route.resource, query.get('labelSelector'), query.get('fieldSelector'));
  const asked = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(asked)) {
    throw new ApiRefusal(
      500,
      undefined,
      `resourceVersion: Invalid value: ${JSON.stringify(asked)}: invalid syntax`,
    );
  }
  const wantsBookmarks =
    query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  const bookmark = (annotations?: Readonly<Record<string, string>>): void => {
    if (wantsBookmarks) sink.line(bookmarkLine(state, route, annotations));
  };
  const show = (change: Change): void => {
    const line = lineFor(state, route, selection, change);
    if (line !== undefined) sink.line(line);
  };
  const fromNow = asked === '' || asked === '0' || query.get('sendInitialEvents') === 'true';
  if (fromNow) {
    for (const object of selectObjects(state, route, selection))
      sink.line(eventLine(state, route, 'ADDED', object));
    if (query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = state.store.history.since(Number(asked));
    if (missed === undefined) return refuseOld(state, asked, sink);
    for (const change of missed) show(change);
  }
  const unsubscribe = state.store.subscribe(show);
  return {
    stop: unsubscribe,
    bookmark: () => {
      bookmark();
    },
  };
}

function refuseOld(state: ClusterState, asked: string, sink: WatchSink): Watch {
  const refusal = expired(`too old resource version: ${asked} (${state.store.history.forgottenRevision})`);
  sink.line(`{"type":"ERROR","object":${JSON.stringify(refusal.status)}}\n`);
  sink.end();
  return { stop: () => undefined, bookmark: () => undefined };
}

/** An object that comes to match is an addition, one that ceases to match a deletion, whatever happened to it. */
function lineFor(
  state: ClusterState,
  route: Route,
  selection: Selection,
  change: Change,
): string | undefined {
  if (change.resource !== route.resource) return undefined;
  if (route.namespace !== undefined && change.object.metadata.namespace !== route.namespace) return undefined;
  const matched = change.before !== undefined && selection.matches(change.before);
  const matches = change.type !== 'DELETED' && selection.matches(change.object);
  if (!matched && !matches) return undefined;
  if (matched && matches) return eventLine(state, route, 'MODIFIED', change.object);
  if (matches) return eventLine(state, route, 'ADDED', change.object);
  return eventLine(state, route, 'DELETED', change.object);
}

function eventLine(state: ClusterState, route: Route, type: string, object: StoredObject): string {
  return `{"type":"${type}","object":${textOf(state.present(route.resource, object))}}\n`;
}

function bookmarkLine(
  state: ClusterState,
  route: Route,
  annotations?: Readonly<Record<string, string>>,
): string {
  const metadata = {
    resourceVersion: String(state.store.revision),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  const object = { kind: route.resource.kind, apiVersion: apiVersionOf(route.resource), metadata };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}
