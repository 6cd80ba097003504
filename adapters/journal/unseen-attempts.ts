import { commandCatalog, commandTypes } from '../../domain/command.js';

/**
 * Commands that must not be carried out twice. A journal that was restored does not know what was attempted after the
 * copy was made: in its new epoch the open ones of these are only observed, as after an attempt whose end nobody saw.
 */
export const neverRepeated: readonly string[] = commandTypes.filter((type) => {
  const { writes, repeatable } = commandCatalog[type];
  return writes && !repeatable;
});
