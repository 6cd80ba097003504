import { failed, type Effect } from '../effect.js';
import { isEnding, readNode, whyNotOurs } from '../present.js';
import { observeAction, runAction } from './run-action.js';

/** Has the kubelet or the container runtime restarted by whoever can act on the machine. */
export const restartComponent: Effect<'restartComponent'> = async (command, world) => {
  const { actions, settings } = world;
  if (actions === undefined) return failed('NoMachineActions');
  if (world.unfinishedAttempt) {
    return { kind: 'act', act: () => observeAction(world, actions, command.id, settings.restartDeadlineMs) };
  }
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const refused = whyNotOurs(node, command, settings);
  if (refused !== undefined) return refused;
  const action = { action: 'restart-component', component: command.parameters.component } as const;
  const pool = node.metadata.labels?.[settings.poolLabel];
  return {
    kind: 'act',
    ...(pool === undefined ? {} : { pool }),
    act: () =>
      runAction(world, actions, { id: command.id, node: command.node, action }, settings.restartDeadlineMs),
  };
};
