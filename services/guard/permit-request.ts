import { commandCatalog, type Command } from '../../domain/command.js';
import type { PermitRequest } from '../../domain/permit-request.js';

/** What a command of ours needs leave for; undefined: for nothing. */
export function requestOf({ type, node, faultType, reporter }: Command): PermitRequest | undefined {
  const operation = commandCatalog[type].permit;
  if (operation === undefined) return undefined;
  return {
    operation,
    node,
    owner: 'faultline',
    faultType,
    ...(reporter === undefined ? {} : { reporter }),
  };
}
