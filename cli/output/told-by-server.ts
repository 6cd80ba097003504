import type { GuardDescription, GuardNode } from '../../services/console/forms/guard.js';

/** A form of which a server of an older release leaves out what came later. */
type Told<Form, Later extends keyof Form> = Omit<Form, Later> & Partial<Pick<Form, Later>>;

/** Before 0.3.0 there were no `changes` and no `policy`. */
export type ToldGuard = Told<GuardDescription, 'changes' | 'policy'>;
export type ToldGuardNode = Told<GuardNode, 'changes'>;
