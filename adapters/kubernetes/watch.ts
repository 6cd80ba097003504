import type { Clock, Randomness } from '../ports/clock.js';
import type { KubernetesAnswer, KubernetesNode, NodeEvent } from '../ports/kubernetes.js';
import { decodeNode, memberOf, type DecodedList } from './decode.js';
import { failureOf } from './answers.js';
import { jsonLines } from './json-lines.js';
import type { Transport } from './transport.js';

export interface WatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly listNodes: () => Promise<KubernetesAnswer<DecodedList<KubernetesNode>>>;
  /** The server ends the watch after so long; also how long a dead connection can go unnoticed. */
  readonly watchSeconds: number;
}

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * List, then watch from that version, and on from the last version seen (bookmarks included) whenever the watch ends.
 * Only an expired version (410) lists anew. Full-jitter back-off while the server does not answer.
 */
export async function* watchNodes(
  options: WatchOptions,
  signal: AbortSignal,
  onTrouble: (message: string) => void,
  onAnswer: () => void = () => undefined,
): AsyncGenerator<NodeEvent> {
  let version: string | undefined;
  let failures = 0;
  while (!isOver(signal)) {
    if (version === undefined) {
      const answer = await options.listNodes();
      if (answer.kind === 'ok') {
        version = answer.value.resourceVersion;
        failures = 0;
        onAnswer();
        yield { kind: 'listed', nodes: answer.value.items };
      } else {
        failures += 1;
        onTrouble(
          `nodes can't be listed and are tried again; faultline doctor looks for the cause: ${describe(answer)}`,
        );
      }
    } else {
      const position: Position = { version, heard: false, onAnswer };
      try {
        yield* oneWatch(options, position, signal);
        // A watch that ends without a word (a proxy) must not be asked again in a tight loop.
        failures = position.heard ? 0 : failures + 1;
      } catch (error) {
        if (isOver(signal)) return;
        failures = position.heard ? 1 : failures + 1;
        onTrouble(`the watch of nodes broke: ${troubleOf(error)}`);
      }
      version = position.version;
    }
    if (failures > 0) await backOff(options, failures, signal);
  }
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

interface Position {
  /** Version to go on from; undefined: list anew. */
  version: string | undefined;
  /** Whether the server said anything at all. */
  heard: boolean;
  readonly onAnswer: () => void;
}

async function* oneWatch(
  { transport, watchSeconds }: WatchOptions,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<NodeEvent> {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: position.version ?? '',
    timeoutSeconds: String(watchSeconds),
  });
  const silenceMs = (watchSeconds + 30) * 1_000;
  const response = await transport.stream(`/api/v1/nodes?${query.toString()}`, silenceMs, signal);
  if (response.statusCode !== 200) {
    const text = await response.body.text();
    if (response.statusCode === 410) {
      position.version = undefined;
      position.heard = true;
      return;
    }
    throw new Error(`${response.statusCode}: ${text.slice(0, 300)}`);
  }
  position.onAnswer();
  for await (const line of jsonLines(response.body)) {
    position.heard = true;
    const event = eventOf(line, position);
    if (event === 'relist') return;
    if (event !== undefined) yield event;
  }
}

/** One line of the watch; moves the position on. */
function eventOf(line: unknown, position: Position): NodeEvent | 'relist' | undefined {
  const type = memberOf(line, 'type');
  const object = memberOf(line, 'object');
  if (type === 'ERROR') {
    const code = memberOf(object, 'code');
    if (code !== 410) throw new Error(`the server ended the watch: ${JSON.stringify(object).slice(0, 300)}`);
    position.version = undefined;
    return 'relist';
  }
  const version = memberOf(object, 'metadata', 'resourceVersion');
  if (typeof version === 'string' && version !== '') position.version = version;
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'changed', node: decodeNode(object) };
  if (type === 'DELETED') return { kind: 'deleted', node: decodeNode(object) };
  if (type === 'BOOKMARK') return { kind: 'bookmark' };
  return undefined;
}

async function backOff(
  { clock, randomness }: WatchOptions,
  failures: number,
  signal: AbortSignal,
): Promise<void> {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 10));
  await clock.waitUntil(clock.now() + 100 + Math.floor(randomness.next() * ceiling), signal);
}

function describe(answer: Exclude<KubernetesAnswer<unknown>, { readonly kind: 'ok' }>): string {
  return 'message' in answer ? `${answer.kind} (${answer.message})` : answer.kind;
}

function troubleOf(error: unknown): string {
  const failure = failureOf(error);
  return 'message' in failure ? failure.message : failure.kind;
}
