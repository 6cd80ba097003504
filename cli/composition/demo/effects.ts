import type { LoggedRequest } from '../../../world/kubernetes/request-log.js';
import type { RedfishRequest } from '../../../world/bmc/redfish-server.js';
import type { WebhookRequest } from '../../../world/action-webhook/server.js';
import { isolationTaintKey } from './nodes-at-the-end.js';

/** What the API server, the BMCs and the webhook were asked to do and did, counted from their own request logs. */
export interface RequestLogs {
  readonly api: readonly LoggedRequest[];
  readonly bmcs: readonly RedfishRequest[];
  readonly webhook: readonly WebhookRequest[];
}

const succeeded = (code: number | undefined): boolean => code !== undefined && code >= 200 && code < 300;
const isOurs = (request: LoggedRequest): boolean =>
  request.userAgent.startsWith('faultline/') && succeeded(request.code);

/** A PATCH that puts our taint on a node. */
export function isIsolation(request: LoggedRequest): boolean {
  return (
    isOurs(request) && request.resource === 'nodes' && request.verb === 'patch' && addsTaint(request.body)
  );
}

interface PatchStep {
  readonly op?: string;
  readonly path?: string;
  readonly value?: unknown;
}

function stepsOf(body: string): readonly PatchStep[] {
  const parsed: unknown = JSON.parse(body);
  return Array.isArray(parsed) ? (parsed as readonly PatchStep[]) : [];
}

function addsTaint(body: string): boolean {
  return stepsOf(body).some(
    ({ op, path, value }) =>
      (op === 'add' || op === 'replace') &&
      path?.startsWith('/spec/taints') === true &&
      JSON.stringify(value).includes(isolationTaintKey),
  );
}

function kindOfApi(request: LoggedRequest): string | undefined {
  if (!isOurs(request)) return undefined;
  const { resource, verb, subresource, code } = request;
  if (resource === 'nodes' && verb === 'patch') return isIsolation(request) ? 'isolate' : 'nodePatch';
  if (resource === 'pods' && subresource === 'eviction') return code === 201 ? 'evict' : undefined;
  if (resource === 'pods' && verb === 'patch') return 'podLabel';
  if (resource === 'pods' && verb === 'delete') return 'deletePod';
  return undefined;
}

function kindOfBmc({ method, path, body, status }: RedfishRequest): string | undefined {
  if (method !== 'POST' || !path.endsWith('ComputerSystem.Reset') || !succeeded(status)) return undefined;
  const type: unknown =
    typeof body === 'object' && body !== null && 'ResetType' in body ? body.ResetType : undefined;
  return type === 'ForceOff' ? 'powerOff' : type === 'On' ? 'powerOn' : 'powerOther';
}

function kindOfWebhook({ method, path, body, status }: WebhookRequest): string | undefined {
  if (method !== 'POST' || !succeeded(status)) return undefined;
  if (path === '/tickets') return 'ticket';
  const action: unknown =
    typeof body === 'object' && body !== null && 'action' in body ? body.action : undefined;
  return action === 'reimage' ? 'reimage' : 'restartComponent';
}

export function countEffects(logs: RequestLogs): Readonly<Record<string, number>> {
  const kinds = [...logs.api.map(kindOfApi), ...logs.bmcs.map(kindOfBmc), ...logs.webhook.map(kindOfWebhook)];
  const counts: Record<string, number> = {};
  for (const kind of kinds) if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
