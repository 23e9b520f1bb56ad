export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts;
export function addCounts(a: Counts, b: Counts): Counts;
export function vitestCounts(text: string): Counts;
export function junitCounts(text: string): Counts;
export function countsOf(suite: { readonly report: string; readonly format: string }, status: number): Counts;
export function idleFiles(text: string): readonly string[];
export function idleSuites(
  results: readonly { readonly name: string; readonly counts: Counts }[],
): readonly string[];
