import type { WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';
import type { WorldRandom } from '../random.js';

export type ActionStatus = 'running' | 'done' | 'failed';

export type RequestedAction =
  | { readonly action: 'restart-component'; readonly component: 'kubelet' | 'container-runtime' }
  | { readonly action: 'reimage'; readonly image: string };

export interface StartedAction {
  readonly commandId: string;
  readonly machine: string;
  readonly requested: RequestedAction;
  readonly startedAt: number;
  readonly status: ActionStatus;
}

/** A component is back after so many seconds. */
const restartSeconds = [3, 20] as const;

/** Does on the machine what it is told, once per command. */
export class ActionRunner {
  readonly #clock: WorldClock;
  readonly #random: WorldRandom;
  readonly #actions = new Map<string, StartedAction>();

  constructor(clock: WorldClock, random: WorldRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  /** In order of arrival. */
  get actions(): readonly StartedAction[] {
    return [...this.#actions.values()];
  }

  /** Undefined: never heard of it, so it was surely not begun here. */
  status(commandId: string): ActionStatus | undefined {
    return this.#actions.get(commandId)?.status;
  }

  /** Idempotent by command id: a known one is not done again, whatever else the request says. */
  start(commandId: string, machine: Machine, requested: RequestedAction): void {
    if (this.#actions.has(commandId)) return;
    this.#actions.set(commandId, {
      commandId,
      machine: machine.name,
      requested,
      startedAt: this.#clock.now(),
      status: 'running',
    });
    if (requested.action === 'reimage') this.#reimage(commandId, machine, requested.image);
    else this.#restart(commandId, machine, requested.component);
  }

  #restart(commandId: string, machine: Machine, component: 'kubelet' | 'container-runtime'): void {
    const [least, most] = restartSeconds;
    const draw = this.#random.fork(commandId);
    this.#clock.schedule(this.#clock.now() + draw.between(least * 1000, most * 1000), () => {
      this.#finish(commandId, machine.restartComponent(component) ? 'done' : 'failed');
    });
  }

  /** Done when an image boots, whichever it is: that it is the right one is for others to check. */
  #reimage(commandId: string, machine: Machine, image: string): void {
    const unlisten = machine.listen((event) => {
      const done = event.kind === 'installed';
      const failed = event.kind === 'halted' || (event.kind === 'power-changed' && event.power === 'Off');
      if (!done && !failed) return;
      unlisten();
      this.#finish(commandId, done ? 'done' : 'failed');
    });
    machine.reinstall(image);
  }

  #finish(commandId: string, status: 'done' | 'failed'): void {
    const action = this.#actions.get(commandId);
    if (action?.status === 'running') this.#actions.set(commandId, { ...action, status });
  }
}
