import { EventUndecodable } from './undecodable.js';

/** Domain words against Avro enum symbols, both ways. */
export interface SymbolTable<Value extends string, AvroSymbol extends string> {
  toSymbol(value: Value): AvroSymbol;
  /** Throws EventUndecodable for UNKNOWN: the writer is newer, and guessing would decide something. */
  fromSymbol(symbol: string, where: { readonly event: string; readonly path: string }): Value;
}

export function symbolTable<const Value extends string, const AvroSymbol extends string>(
  pairs: readonly (readonly [Value, AvroSymbol])[],
): SymbolTable<Value, AvroSymbol> {
  const symbols = new Map(pairs);
  const values = new Map<string, Value>(pairs.map(([value, symbol]) => [symbol, value]));
  return {
    toSymbol(value) {
      const symbol = symbols.get(value);
      if (symbol === undefined)
        throw new TypeError(`no Avro symbol for ${value}: add it to the schema first`);
      return symbol;
    },
    fromSymbol(symbol, { event, path }) {
      const value = values.get(symbol);
      if (value === undefined) {
        throw new EventUndecodable(
          event,
          `${path} is ${symbol}, which this release doesn't know: upgrade it`,
        );
      }
      return value;
    },
  };
}
