import type { Target } from '../../../src/compile/plan.js';
export function writeCosts(
  _root: string,
  _targets: Readonly<Record<string, Target>>,
  _rounds: number,
): void {}
