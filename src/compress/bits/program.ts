/** One way to store a layer, or several that are tied together. */
export interface Choice {
  /** In the unit of the budget; at least 0. */
  readonly cost: number;
  /** What it adds to the error of the network. */
  readonly error: number;
}

/** A selection that may become part of the best one: the choices made so far, the last one first. */
interface State {
  readonly cost: number;
  readonly error: number;
  readonly choice: number;
  readonly before: State | undefined;
}

/** States beyond this make costs be rounded up, so that fewer of them differ. */
const mostStates = 200_000;

/** Parts of the budget that costs are rounded up to where exact ones lead to too many states. */
const coarseParts = 65_536;

/**
 * One choice for each group with the least sum of errors whose costs stay within the budget: the multiple-choice
 * knapsack, by dynamic programming over the selections that no other one beats in both cost and error. Exact, unless
 * more than 200,000 of them are left at some group: then costs count as rounded up to a 65,536th of the budget.
 *
 * @returns The index of the choice of each group, or undefined where even the cheapest ones cost too much.
 */
export function leastError(
  groups: readonly (readonly Choice[])[],
  budget: number,
): readonly number[] | undefined {
  const exact = solve(groups, budget, mostStates);
  if (exact !== 'too many states') return exact;
  const part = budget / coarseParts;
  const coarse = groups.map((choices) =>
    choices.map(({ cost, error }) => ({ cost: Math.ceil(cost / part) * part, error })),
  );
  const rounded = solve(coarse, budget, Number.POSITIVE_INFINITY);
  return rounded === 'too many states' ? undefined : rounded;
}

/** The least that a selection can cost. */
export const leastCost = (groups: readonly (readonly Choice[])[]): number =>
  groups.reduce((sum, choices) => sum + Math.min(...choices.map(({ cost }) => cost)), 0);

function solve(
  groups: readonly (readonly Choice[])[],
  budget: number,
  most: number,
): readonly number[] | undefined | 'too many states' {
  const rest = leastRest(groups);
  // Sums of the same numbers in another order differ in the last bits.
  const limit = budget * (1 + 1e-12);
  let states: readonly State[] = [{ cost: 0, error: 0, choice: -1, before: undefined }];
  for (const [g, choices] of groups.entries()) {
    const next: State[] = [];
    for (const before of states) {
      choices.forEach((option, choice) => {
        const cost = before.cost + option.cost;
        if (cost + (rest[g + 1] ?? 0) <= limit) {
          next.push({ cost, error: before.error + option.error, choice, before });
        }
      });
    }
    states = undominated(next);
    if (states.length > most) return 'too many states';
  }
  const best = states.at(-1);
  return best && choicesOf(best);
}

/** The least that all groups from each one on can cost. */
function leastRest(groups: readonly (readonly Choice[])[]): readonly number[] {
  const rest = [0];
  for (const choices of groups.toReversed()) {
    rest.unshift((rest[0] ?? 0) + Math.min(...choices.map(({ cost }) => cost)));
  }
  return rest;
}

/** States by rising cost, each with less error than all cheaper ones. */
function undominated(states: State[]): readonly State[] {
  states.sort((a, b) => a.cost - b.cost || a.error - b.error);
  let least = Number.POSITIVE_INFINITY;
  return states.filter(({ error }) => {
    if (error >= least) return false;
    least = error;
    return true;
  });
}

function choicesOf(last: State): readonly number[] {
  const choices: number[] = [];
  for (let state: State | undefined = last; state?.before; state = state.before) choices.push(state.choice);
  return choices.reverse();
}
