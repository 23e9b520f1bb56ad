"""Watches adversarial training of few steps for catastrophic overfitting (Wong et al. 2020).

The network then withstands the attack it is trained with and no other: its accuracy under that attack rises
while the one under PGD falls to nothing.
"""

import sys

import torch

from . import attack

INTERVAL = 100
STEPS = 7


class Watch:
    """Every `INTERVAL` batches the training attack is compared with PGD of 7 steps on the same images.

    Where PGD leaves less than half of the accuracy that the training attack leaves, `steps` is doubled, to 7
    at most: a few epochs of a stronger attack bring robustness back (Li et al. 2020).
    """

    def __init__(self, steps, epsilon, seed):
        self.steps, self.epsilon, self.seed = steps, epsilon, seed
        self.batches = 0
        self.found = []

    def due(self):
        """Counts a batch and says whether it is one to compare on."""
        self.batches += 1
        return self.steps < STEPS and self.batches % INTERVAL == 0

    def compare(self, network, scores, pixels, attacked, labels):
        """`scores` calls `network`, which takes pixels; `attacked` are images of the training attack."""
        generator = torch.Generator().manual_seed(self.seed + self.batches)
        step = attack.step_size(self.epsilon, STEPS)
        with attack.crafting(network):
            stronger = attack.pgd(scores, pixels, labels, self.epsilon, step, STEPS, generator)
            with torch.no_grad():
                answers = [scores(images) for images in (attacked, stronger)]
        shares = tuple((answer.argmax(1) == labels).float().mean().item() for answer in answers)
        self.found.append(shares)
        if has_collapsed(*shares, classes=answers[0].shape[1]):
            self.steps = min(2 * self.steps, STEPS)
            self._warn(*shares)

    def _warn(self, under_training, under_pgd):
        text = f"{100 * under_training:.0f} % under the training attack"
        text = f"{text}, {100 * under_pgd:.0f} % under PGD-{STEPS}"
        print(
            f"warning: catastrophic overfitting, {text}: attacks of {self.steps} steps from now on",
            file=sys.stderr,
        )

    def summary(self):
        """What is to be logged of an epoch, which then begins anew: mean shares under both attacks."""
        found, self.found = self.found, []
        if not found:
            return {}
        means = [round(sum(column) / len(found), 5) for column in zip(*found)]
        return {"watched": dict(zip(("trained", f"pgd{STEPS}"), means)), "attack_steps": self.steps}


def has_collapsed(under_training, under_pgd, classes):
    """Whether PGD leaves less than half of what the training attack leaves, if that is more than guessing."""
    return under_training > 2 / classes and under_pgd < 0.5 * under_training
