import { Agent, request } from 'undici';

import type { CommandId } from '../../domain/identifiers.js';
import { jsonIn } from '../../domain/json.js';
import type { PowerAnswer, PowerController, PowerState } from '../ports/power.js';
import { bmcAddressOf, type BmcAddress, type BmcDirectory } from './bmc-directory.js';
import { failureOf, refusalOf } from './redfish-answers.js';

export interface RedfishOptions {
  readonly directory: BmcDirectory;
  /** Time for a BMC to answer, ms. Default 15 s: they are slow. */
  readonly timeoutMs?: number;
  /** BMCs come with certificates that they signed themselves. */
  readonly skipTlsVerify?: boolean;
}

export type RedfishPowerController = PowerController & { close(): Promise<void> };

interface Exchange {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly commandId?: CommandId;
}

/** Of a request that a command makes; BMCs ignore it, and what stands before them can log it. */
export const commandHeader = 'x-faultline-command';

interface Response {
  readonly status: number;
  readonly text: string;
}

/** Power of machines by Redfish. A BMC that nobody listed is not known; statuses never throw. */
export function createRedfishPowerController(options: RedfishOptions): RedfishPowerController {
  const dispatcher = new Agent({
    connections: 2,
    pipelining: 1,
    connect: { rejectUnauthorized: options.skipTlsVerify !== true },
  });
  const timeoutMs = options.timeoutMs ?? 15_000;

  async function exchange<Value>(
    node: string,
    build: (bmc: BmcAddress) => Exchange,
    decode: (body: unknown) => PowerAnswer<Value>,
  ): Promise<PowerAnswer<Value>> {
    const bmc = bmcAddressOf(options.directory, node);
    if (bmc === undefined) return { kind: 'refused', reason: `no BMC is known for ${node}` };
    try {
      const { status, text } = await sendTo(bmc, build(bmc));
      return status >= 200 && status < 300 ? decode(jsonIn(text)) : refusalOf(status, text);
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Follows one redirect on the same BMC: systems are often found by name, but answer under their UUID. */
  async function sendTo(bmc: BmcAddress, exchanged: Exchange, redirected = false): Promise<Response> {
    const { method, path, body } = exchanged;
    const response = await request(bmc.baseUrl.replace(/\/+$/, '') + path, {
      method,
      dispatcher,
      headers: headersFor(bmc, exchanged),
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await response.body.text();
    const { location } = response.headers;
    const elsewhere = response.statusCode === 307 || response.statusCode === 308;
    if (!elsewhere || redirected || typeof location !== 'string')
      return { status: response.statusCode, text };
    const target = new URL(location, bmc.baseUrl);
    if (target.origin !== new URL(bmc.baseUrl).origin) return { status: response.statusCode, text };
    return sendTo(bmc, { ...exchanged, path: target.pathname }, true);
  }

  const accepted = (): PowerAnswer<true> => ({ kind: 'ok', value: true });
  const reset = (node: string, type: 'ForceOff' | 'On', commandId: CommandId): Promise<PowerAnswer<true>> =>
    exchange(
      node,
      ({ systemPath }) => ({
        method: 'POST',
        path: `${systemPath}/Actions/ComputerSystem.Reset`,
        body: { ResetType: type },
        commandId,
      }),
      accepted,
    );
  return {
    knows: (node) => bmcAddressOf(options.directory, node) !== undefined,
    read: (node) => exchange(node, ({ systemPath }) => ({ method: 'GET', path: systemPath }), powerStateOf),
    forceOff: (node, commandId) => reset(node, 'ForceOff', commandId),
    on: (node, commandId) => reset(node, 'On', commandId),
    bootFromNetworkOnce: (node) =>
      exchange(
        node,
        ({ systemPath }) => ({
          method: 'PATCH',
          path: systemPath,
          body: { Boot: { BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: 'Pxe' } },
        }),
        accepted,
      ),
    close: () => dispatcher.destroy(),
  };
}

function headersFor(bmc: BmcAddress, { body, commandId }: Exchange): Record<string, string> {
  const { username, password } = bmc;
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(commandId === undefined ? {} : { [commandHeader]: commandId }),
    ...(username === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }),
  };
}

/** A BMC that gives no state that we know tells nothing. */
function powerStateOf(body: unknown): PowerAnswer<PowerState> {
  const system: Readonly<Record<string, unknown>> = isRecord(body) ? body : {};
  const power = system['PowerState'];
  if (power !== 'On' && power !== 'Off' && power !== 'PoweringOn' && power !== 'PoweringOff') {
    return { kind: 'uncertain', reason: `PowerState is ${typeof power === 'string' ? power : 'absent'}` };
  }
  const lastResetAt = system['LastResetTime'];
  return { kind: 'ok', value: { power, ...(typeof lastResetAt === 'string' ? { lastResetAt } : {}) } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
