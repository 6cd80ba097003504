import type { Command, CommandParameters, CommandType } from '../../../domain/command.js';
import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';

export const processId = 'p-0123456789abcdef' as ProcessId;
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** An active command of a process, the first of its stage. */
export function commandFor<Type extends CommandType>(
  type: Type,
  parameters: CommandParameters[Type],
  about: { readonly node: NodeKey; readonly expected: Command['expected']; readonly processId?: ProcessId },
): Extract<Command, { type: Type }> {
  const of = about.processId ?? processId;
  // The type of the union's member can't be inferred from a generic parameter.
  return {
    id: `${of}.1.1` as CommandId,
    type,
    parameters,
    node: about.node,
    processId: of,
    stageEntry: 1,
    expected: about.expected,
    mode: 'active',
    faultType: 'KernelDeadlock',
  } as unknown as Extract<Command, { type: Type }>;
}
