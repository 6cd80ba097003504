import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';

interface Isolation {
  readonly node: NodeKey;
  readonly faultType: string;
  readonly processId: ProcessId;
}

/** On which boots which faults were reported, and what people ordered, as the log has it. */
export class ReportBook {
  /** By node and fault type; undefined: whoever reported named none. */
  readonly #boots = new Map<string, Set<string | undefined>>();
  readonly #ordered = new Set<string>();

  note(happening: Happening): void {
    if (happening.kind !== 'published') return;
    const { ReportReceived: report, Signal: signal } = happening.record.event;
    if (signal?.order !== undefined && signal.order !== null) this.#ordered.add(signal.order.processId);
    if (report?.status !== 'FIRING') return;
    const about = `${happening.record.node} ${report.type}`;
    this.#boots.set(about, (this.#boots.get(about) ?? new Set()).add(report.bootId ?? undefined));
  }

  /** Why what was reported is of earlier boots than this one alone; undefined: it is not, or nobody can tell, or a person wants it. */
  whyPast({ node, faultType, processId }: Isolation, boot: string | undefined): string | undefined {
    const boots = this.#boots.get(`${node} ${faultType}`);
    if (boots === undefined || boots.has(undefined) || boots.has(boot) || boot === undefined)
      return undefined;
    if (this.#ordered.has(processId)) return undefined;
    return `${faultType} was reported on ${[...boots].join(', ')}, and it is well on ${boot}`;
  }
}
