"""One bit width for each group of layers, so that the sum of costs is least within a budget."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from .errors import TrainingError


@dataclass(frozen=True)
class Problem:
    """`costs[g][k]` and `sizes[g][k]` of group g at the k-th candidate; the sizes may add up to `limit`."""

    costs: np.ndarray
    sizes: np.ndarray
    limit: float

    def check(self):
        """Refuses a limit that no choice meets."""
        least = self.sizes.min(1).sum()
        if least > self.limit:
            raise TrainingError(
                "budget-infeasible", f"the budget leaves {self.limit:.6g}, the least possible is {least:.6g}"
            )


def solve(problem):
    """The index of the chosen candidate for each group, by an integer program (HiGHS)."""
    problem.check()
    groups, candidates = problem.costs.shape
    one_each = np.kron(np.eye(groups), np.ones(candidates))
    # Bit gradients are tiny: the solver's tolerances are absolute, so both rows are brought near 1.
    unit = np.abs(problem.costs).max() or 1.0
    room = np.abs(problem.sizes).max()
    result = milp(
        problem.costs.reshape(-1) / unit,
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(problem.sizes.reshape(1, -1) / room, -np.inf, problem.limit / room),
        ],
        integrality=np.ones(groups * candidates),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if result.x is None:
        raise TrainingError("budget-unsolved", f"the integer program found no assignment: {result.message}")
    choice = result.x.reshape(groups, candidates).argmax(1)
    return _within(problem, choice)


def _within(problem, choice):
    """The solver's tolerance may exceed the limit by a trace: then the cheapest step down is taken."""
    rows = np.arange(len(choice))
    while problem.sizes[rows, choice].sum() > problem.limit:
        saving = problem.sizes[rows, choice][:, None] - problem.sizes
        loss = problem.costs - problem.costs[rows, choice][:, None]
        loss = np.where(saving > 0, loss, np.inf)
        group, candidate = np.unravel_index(loss.argmin(), loss.shape)
        choice[group] = candidate
    return choice


def uniform(problem):
    """The last candidate that all groups can have together: the baseline of one width for all."""
    problem.check()
    fitting = np.flatnonzero(problem.sizes.sum(0) <= problem.limit)
    if not len(fitting):
        raise TrainingError("budget-infeasible", "no candidate fits the budget in all layers at once")
    return np.full(len(problem.sizes), fitting[-1])


def random(problem, seed):
    """Random groups are widened as long as the budget allows: the baseline that looks at no gradient."""
    problem.check()
    draw = np.random.default_rng(seed)
    choice = problem.sizes.argmin(1)
    rows = np.arange(len(choice))
    for group in draw.permutation(len(choice)):
        for candidate in draw.permutation(problem.sizes.shape[1]):
            trial = choice.copy()
            trial[group] = candidate
            if problem.sizes[rows, trial].sum() <= problem.limit:
                choice = trial
                break
    return choice
