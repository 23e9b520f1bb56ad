"""Whether attacks measure robustness: a network that hides its gradients withstands them without it."""

from dataclasses import dataclass

from .attack import attacks_named, robust_accuracy
from .errors import TrainingError

REACHES = tuple(level / 255 for level in (2, 4, 8, 16, 32))
ALL = 0.5
NOTHING = 0.05


@dataclass(frozen=True)
class Check:
    """`shares` are the accuracies, by what they were measured under, that decide whether the check holds."""

    name: str
    holds: bool
    shares: dict


def checks(network, dataset, count, epsilon, other=None):
    """The checks on `count` images of `dataset` (0: all). `other` is another network of the same data.

    An attack counts as no weaker where it leaves at most one image in a hundred more.
    """
    images = min(count or len(dataset), len(dataset))
    slack = max(1, images // 100) / images

    def under(reach, name):
        return robust_accuracy(network, dataset, attacks_named((name,), reach)[name], count)

    by_reach = {f"{round(255 * reach)}/255": under(reach, "pgd7") for reach in REACHES}
    by_steps = {name: under(epsilon, name) for name in ("clean", "fgsm", "pgd7", "pgd20")}
    whole = {f"pgd20 of reach {ALL}": under(ALL, "pgd20")}
    found = [
        Check("a farther reach is no weaker", _falls(by_reach, slack), by_reach),
        Check("more steps are no weaker", _falls(by_steps, slack), by_steps),
        Check("a reach of half the range leaves nothing", max(whole.values()) < NOTHING, whole),
    ]
    if other is not None:
        shares = {"from the other": _transferred(network, other, dataset, epsilon, count)}
        shares["from itself"] = by_steps["pgd7"]
        found.append(Check("its own gradients are no weaker", _falls(shares, slack), shares))
    return found


def _falls(shares, slack):
    values = list(shares.values())
    return all(after <= before + slack for before, after in zip(values, values[1:]))


def _transferred(network, other, dataset, epsilon, count):
    """Accuracy of `network` on images that PGD-7 made on `other`."""
    apply = attacks_named(("pgd7",), epsilon)["pgd7"]
    other.eval()
    return robust_accuracy(network, dataset, lambda _, pixels, labels: apply(other, pixels, labels), count)


def run(network, dataset, count, epsilon, other, say):
    """Says what each check finds; refuses with `attack-unsound` if one does not hold."""
    found = checks(network, dataset, count, epsilon, other)
    for check in found:
        shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in check.shares.items())
        say(f"{'holds' if check.holds else 'FAILS'}: {check.name} ({shares})")
    if other is None:
        say("left out: its own gradients are no weaker (--transfer names another network)")
    if not all(check.holds for check in found):
        raise TrainingError("attack-unsound", "what the network withstands says little of its robustness")
