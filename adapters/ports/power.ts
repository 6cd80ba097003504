import type { CommandId } from '../../domain/identifiers.js';

/** Power of machines by their BMC. One BMC per node, found by node key. */
export interface PowerState {
  readonly power: 'On' | 'Off' | 'PoweringOn' | 'PoweringOff';
  /** Redfish LastResetTime where the BMC gives it. */
  readonly lastResetAt?: string;
}

/**
 * Never tells more than was seen: `uncertain` = the request may or may not have had its effect (timeout, broken
 * connection, 5xx); `refused` = the BMC surely did nothing.
 */
export type PowerAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'uncertain'; readonly reason: string };

export interface PowerController {
  /** Whether this node has a BMC that we know of. */
  knows(node: string): boolean;
  read(node: string): Promise<PowerAnswer<PowerState>>;
  /**
   * ForceOff. Accepted is not Off: read until Off is observed. The BMC is told which command this is for, so that
   * whoever reads its log can tell one order given twice from two orders.
   */
  forceOff(node: string, commandId: CommandId): Promise<PowerAnswer<true>>;
  on(node: string, commandId: CommandId): Promise<PowerAnswer<true>>;
  /** Boot once from the network at the next power-on (Redfish Boot override Pxe, Once). */
  bootFromNetworkOnce(node: string): Promise<PowerAnswer<true>>;
}
