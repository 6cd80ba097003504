import { Gauge, type Registry } from 'prom-client';

/** What one set of labels has. */
export interface Amount<Label extends string> {
  readonly labels: Readonly<Record<Label, string | number>>;
  readonly amount: number;
}

/** A gauge that is replaced as a whole: what is no more vanishes. */
export class FigureGauge<Label extends string> {
  readonly #gauge: Gauge<Label>;
  readonly #join: (one: number, other: number) => number;

  /** @param join what becomes of two amounts under the same labels */
  constructor(
    registry: Registry,
    description: { readonly name: string; readonly help: string; readonly labels: readonly Label[] },
    join: (one: number, other: number) => number,
  ) {
    const { name, help, labels: labelNames } = description;
    this.#gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#join = join;
  }

  replace(amounts: readonly Amount<Label>[]): void {
    const joined = new Map<string, Amount<Label>>();
    for (const { labels, amount } of amounts) {
      const key = JSON.stringify(Object.values(labels));
      const before = joined.get(key)?.amount;
      joined.set(key, { labels, amount: before === undefined ? amount : this.#join(before, amount) });
    }
    this.#gauge.reset();
    for (const { labels, amount } of joined.values()) this.#gauge.set(labels, amount);
  }
}

export const sum = (one: number, other: number): number => one + other;
export const greatest = (one: number, other: number): number => Math.max(one, other);
