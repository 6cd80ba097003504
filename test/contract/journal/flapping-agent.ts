import type { CommandType } from '../../../domain/command.js';
import type { CauseId, NodeKey, ReportId } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import type { Policy } from '../../../workflows/policy.js';
import type { TimerName } from '../../../workflows/events.js';
import { DecidedNode } from '../../services/maintenance/decide/decided-node.js';

/** A node whose agent says firing and cleared in turns, in a world in which every command succeeds at once. */
export class FlappingAgent {
  readonly node: DecidedNode;
  #firing = false;
  #boots = 1;
  #taken = 0;

  constructor(policy: Policy, key: NodeKey) {
    this.node = new DecidedNode(policy, key);
  }

  get now(): number {
    return this.node.at;
  }

  /** Everything that maintenance reads when time has gone by, in order. */
  after(milliseconds: number, idAt: (at: number) => CauseId): readonly Input[] {
    const { node } = this;
    node.wait(milliseconds);
    this.#fireTimers();
    this.#firing = !this.#firing;
    node.report('KernelDeadlock', { status: this.#firing ? 'firing' : 'cleared' });
    this.#answerAll();
    const inputs = node.decided.splice(0).map(({ input }) => input);
    node.facts.length = 0;
    return inputs.map((input): Input => {
      this.#taken += 1;
      if (input.kind !== 'report')
        return { ...input, causeId: `signal-${node.key}-${this.#taken}` as CauseId };
      const causeId = idAt(input.at);
      return { ...input, causeId, report: { ...input.report, id: causeId as string as ReportId } };
    });
  }

  #fireTimers(): void {
    const due = Object.entries(this.node.state.process?.context.timersDue ?? {});
    for (const [name, at] of due)
      if (at <= this.node.at && this.node.state.process !== undefined) {
        this.node.fire(name as TimerName);
        this.#answerAll();
      }
  }

  #answerAll(): void {
    for (let open = this.#open(); open !== undefined; open = this.#open()) this.#answer(open);
  }

  #open(): CommandType | undefined {
    return this.node.state.process?.context.open[0]?.type;
  }

  #answer(type: CommandType): void {
    if (this.node.process.context.mode === 'observe') this.node.answer(type, 'withheld');
    else {
      if (type === 'powerOn' || type === 'reimage') this.#boots += 1;
      const observation = this.node.observation(`b${this.#boots}`);
      this.node.answer(type, 'done', { observation, pods: [], cordoned: true, repaired: true });
    }
  }
}
