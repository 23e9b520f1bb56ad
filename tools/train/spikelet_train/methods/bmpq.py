"""BMPQ (arXiv 2112.13843): a bit width for each layer, found by bit gradients in one training."""

from dataclasses import dataclass

from .. import allocation, bits as bit_gradients, budget as budgets
from ..distillation import Teacher
from ..errors import TrainingError
from ..layers import Pact, Settings, assign_bits, convert, weighted_layers
from ..layers.quantizer import CLIPS
from . import assignment
from .loop import Training, decay_groups
from .options import Options, check, check_activation_bits, option

ASSIGNMENTS = ("program", "uniform", "random")
COSTS = ("error", "bits")
NORMALISATIONS = ("own", "q_free")


@dataclass(frozen=True)
class BmpqOptions(Options):
    candidates: str = option("2,4", "widths that a layer can get, in bits")
    end_bits: int = option(8, "bits of the first and the last layer; 16 in the method, but the engine has 8")
    ratio: float = option(15.0, "budget: this many times fewer weight bits than float32")
    budget_bytes: int = option(0, "budget instead: bytes of the packed weights, scales and biases")
    budget_ms: float = option(0.0, "budget instead: milliseconds by --cost-table")
    cost_table: str = option("", "times for --budget-ms: files of spikelet profile --json, with commas")
    assign: str = option("program", "program, or a baseline at the same budget: uniform, random")
    cost: str = option("error", "gradient times squared error of weights; bits: minus gradient times bits")
    normalise: str = option("own", "bit gradient over the layer's own bits, or q_free: over 4 bits for all")
    first: float = option(0.1, "share of the training before the first assignment")
    interval: float = option(0.1, "share of the training between assignments")
    freeze: float = option(0.2, "share at the end in which the assignment stays")
    forget: bool = option(False, "reset the momentum of layers whose width changes")
    clip: str = option("max", f"range of weights: {', '.join(CLIPS)}; mse and learned lose less at 2 bits")
    per_channel: bool = option(False, "a scale for each output channel instead of each layer")
    activation_bits: int = option(0, "bits of activations; 0: as the layer that reads them")
    alpha: float = option(8.0, "first upper end of activations; 0: the greatest of the first batch")
    alpha_decay: float = option(5e-4, "weight decay of the upper ends")
    teacher: str = option("", "checkpoint.pt of a float network whose scores are targets beside the labels")
    teacher_share: float = option(0.7, "share of the loss that the teacher has")
    temperature: float = option(2.0, "softens the scores that are compared with the teacher's")

    def __post_init__(self):
        super().__post_init__()
        widths = parse_candidates(self.candidates)
        check(widths[0] >= 2 and widths[-1] <= 8, "candidates", self.candidates, "within 2 to 8 bits")
        check(2 <= self.end_bits <= 8, "end_bits", self.end_bits, "2 to 8, which is what the engine computes")
        for name, known in (
            ("assign", ASSIGNMENTS),
            ("cost", COSTS),
            ("normalise", NORMALISATIONS),
            ("clip", CLIPS),
        ):
            check(getattr(self, name) in known, name, getattr(self, name), " or ".join(known))
        check_activation_bits(self.activation_bits)
        check(self.ratio > 0, "ratio", self.ratio, "above 0")
        check(0 < self.interval <= 1, "interval", self.interval, "above 0 and at most 1")
        check(0 <= self.first < 1, "first", self.first, "at least 0 and below 1")
        check(0 <= self.freeze < 1, "freeze", self.freeze, "at least 0 and below 1")
        check(self.alpha >= 0, "alpha", self.alpha, "0 or above")
        check(0 <= self.teacher_share <= 1, "teacher_share", self.teacher_share, "0 to 1")
        check(self.temperature > 0, "temperature", self.temperature, "above 0")
        check(bool(self.budget_ms) == bool(self.cost_table), "cost_table", self.cost_table, "with budget_ms")


def parse_candidates(text):
    """`"2,4"` as a rising tuple of widths."""
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise TrainingError("option-candidates", f'--candidates "{text}" is not of the form 2,4') from None


def settings_of(options, widest):
    """How the layers of a BMPQ network are quantized at first."""
    return Settings(widest, options.activation_bits, options.clip, options.per_channel, options.alpha)


class Bmpq(Training):
    """Starts with the widest candidate everywhere and assigns widths after epochs, as the schedule says."""

    method = "bmpq"

    def build(self, model):
        options = self.options
        self.candidates = parse_candidates(options.candidates)
        model = convert(model, settings_of(options, self.candidates[-1]), self.inputs.ends)
        layers = weighted_layers(model)
        self.groups = assignment.groups_of(layers)
        self.budget = budget_of(options, layers)
        # Refuses a budget that cannot be met before any time is spent.
        self._problem(layers, {name: 0.0 for name in layers})
        self.bits = {name: self.candidates[-1] for name in layers}
        self.bits.update(dict.fromkeys(self.groups.fixed, options.end_bits))
        assign_bits(model, self.bits)
        self.assigned = None
        self._observe(layers)
        self.teacher = self._teacher()
        return model

    def _teacher(self):
        options = self.options
        if not options.teacher:
            return None
        teacher = Teacher(options.teacher, self.train.classes, options.teacher_share, options.temperature)
        return teacher.to(self.device)

    def loss(self, x, labels):
        loss, scores = super().loss(x, labels)
        return (self.teacher.loss(scores, x, loss) if self.teacher else loss), scores

    def parameter_groups(self):
        alphas = {id(module.alpha) for module in self.model.modules() if isinstance(module, Pact)}
        parameters = list(self.model.parameters())
        others = [one for one in parameters if id(one) not in alphas]
        ends = [one for one in parameters if id(one) in alphas]
        return [
            *decay_groups(others, self.options.weight_decay),
            {"params": ends, "weight_decay": self.options.alpha_decay},
        ]

    def after_epoch(self):
        layers = weighted_layers(self.model)
        observed = {name: layers[name] for members in self.groups.free for name in members}
        own = bit_gradients.interval_gradients(observed)
        free = bit_gradients.interval_gradients(observed, "q_free")
        changed = self._reassign(layers, own if self.options.normalise == "own" else free)
        return {
            "bits": self.bits,
            "size": assignment.size_of(self.bits, self.budget),
            "size_unit": self.budget.unit,
            "bit_gradients": {name: float(f"{value:.4g}") for name, value in own.items()},
            "bit_gradients_q_free": {name: float(f"{value:.4g}") for name, value in free.items()},
            **({} if changed is None else {"assigned": True, "changed_layers": changed}),
        }

    def state(self):
        return {"bits": self.bits, "assigned": self.assigned}

    def restore_state(self, state):
        self._take(state["bits"])
        self.assigned = state["assigned"]

    def _observe(self, layers):
        for name, layer in layers.items():
            layer.quantizer.observing = name not in self.groups.fixed

    def _problem(self, layers, gradients):
        costs = assignment.costs_of(layers, self.groups, gradients, self.candidates, self.options.cost)
        return assignment.problem_of(
            self.groups, costs, self.candidates, self.budget, self.options.end_bits
        )

    def _due(self):
        progress, options = self.progress(), self.options
        if progress > 1 - options.freeze + 1e-9:
            return self.assigned is None
        start = options.first if self.assigned is None else self.assigned + options.interval
        return progress >= start - 1e-9

    def _reassign(self, layers, gradients):
        """Assigns widths if it is time; returns the names of layers that changed, or None."""
        if not self._due():
            return None
        problem = self._problem(layers, gradients)
        if self.options.assign == "program":
            choice = allocation.solve(problem)
        elif self.options.assign == "uniform":
            choice = allocation.uniform(problem)
        else:
            choice = allocation.random(problem, self.options.seed)
        before = self.bits
        self._take(assignment.widths(self.groups, self.candidates, choice, self.options.end_bits))
        self.assigned = self.progress()
        for layer in layers.values():
            layer.quantizer.sensitivity.zero_()
        changed = [name for name in layers if self.bits[name] != before[name]]
        self._forget(layers[name] for name in changed)
        return changed

    def _forget(self, layers):
        """Drops the momentum of what has just jumped: learned scales and, if asked for, the weights."""
        for layer in layers:
            self.optimizer.state.pop(getattr(layer.quantizer, "scale", None), None)
            if self.options.forget:
                self.optimizer.state.pop(layer.weight, None)

    def _take(self, bits):
        self.bits = bits
        assign_bits(self.model, bits)
        assign_bits(self.average.model, bits)


def budget_of(options, layers):
    """The budget that the options ask for."""
    if options.budget_ms:
        return budgets.by_milliseconds(layers, options.budget_ms, options.cost_table)
    if options.budget_bytes:
        return budgets.by_bytes(layers, options.budget_bytes)
    return budgets.by_ratio(layers, options.ratio)


def rebuild(model, record, tensors):
    """The quantized form of the float network `model` that the checkpoint's weights `tensors` fit."""
    options = BmpqOptions(**record["options"])
    bits = record["state"]["bits"]
    model = convert(model, settings_of(options, max(bits.values())), (0.0, 1.0))
    assign_bits(model, bits)
    return model
