interface Mutated {
  readonly mutants: readonly { readonly status: string }[];
}

interface Results {
  readonly files: Readonly<Record<string, Mutated>>;
}

export const mutationResults: string;
export function withoutSurvivors(results: Results, chosen: readonly string[]): Results;
