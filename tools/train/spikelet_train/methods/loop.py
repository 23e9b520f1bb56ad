"""The training loop that all methods share: SGD with one cycle of the learning rate, averaged weights."""

import math
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch.nn import functional as F

from .. import __version__, checkpoint
from ..agreement import agreement, confusion
from ..average import WeightAverage
from ..errors import TrainingError
from ..evaluate import scores_of
from ..log import JsonLog, ProgressBar
from ..models import build
from ..schedule import image_size, learning_rate, parse_sizes
from .options import FREE_ON_RESUME


# Adam's steps are about as long as the learning rate, whatever the gradients.
ADAMW_RATE = 0.02


class Training:
    """One training in memory; `save` and `restore` carry it over a checkpoint.

    A method is a subclass: it may exchange the network (`build`), the loss (`loss`), what happens after a
    step and after an epoch, and what else a checkpoint must hold (`state`, `restore_state`).
    """

    method = "float"

    def __init__(self, options, train, clock=time.monotonic):
        torch.manual_seed(options.seed)
        self.options = options
        self.train = train
        self.images = torch.as_tensor(train.images)
        self.labels = torch.as_tensor(train.labels)
        self.device = _device(options.device)
        self.sizes = parse_sizes(options.sizes)
        model = build(options.model, options.width, len(train.classes), train.bands)
        self.inputs = train.inputs(getattr(model, "patch", 0))
        if self.sizes and not model.any_size:
            raise TrainingError(
                "option-sizes", f"{options.model} takes images of one size only; leave out --sizes"
            )
        if options.weights:
            self.start_from(options.weights, model)
        self.model = self.build(model).to(self.device, memory_format=self.inputs.layout)
        self.average = WeightAverage(self.model, options.average)
        self.optimizer = self.build_optimizer()
        self.agreement = None
        self.epoch = 0
        self.passes = 0.0
        self.clock = clock
        self.begun, self.origin = clock(), 0.0
        self.starts = [self._start()]
        self.steps = -(-len(train) // options.batch)
        draw = torch.Generator().manual_seed(options.seed)
        self.first_flip = torch.rand(len(train), generator=draw) < 0.5

    def start_from(self, path, model):
        """Gives the float network `model` the averaged weights of the checkpoint at `path`."""
        checkpoint.restore(model, weights_of(path, self.train)[1]["average"], path)

    def build(self, model):
        """The network to train, made from the float network `model`."""
        return model

    def build_optimizer(self):
        """The optimizer of `parameter_groups`; its learning rate is set before every step."""
        options = self.options
        if getattr(self.model, "optimizer", "sgd") == "adamw":
            if options.rate > ADAMW_RATE:
                raise TrainingError(
                    "option-range",
                    f"rate is {options.rate}; {options.model} is trained with AdamW, "
                    f"which needs at most {ADAMW_RATE}, such as --rate 0.001 --weight-decay 0.05",
                )
            betas = (options.momentum, 0.999)
            return torch.optim.AdamW(self.parameter_groups(), lr=options.rate, betas=betas)
        return torch.optim.SGD(
            self.parameter_groups(), lr=options.rate, momentum=options.momentum, nesterov=True
        )

    def parameter_groups(self):
        """The optimizer's groups: weight decay for weights, none for biases and normalisation."""
        return decay_groups(self.model.parameters(), self.options.weight_decay)

    def scores(self, network, x):
        """What `network` computes of `x`, in float32."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.options.bfloat16):
            return network(x).float()

    def loss(self, x, labels):
        """(loss, scores) of one batch."""
        scores = self.scores(self.model, x)
        return F.cross_entropy(scores, labels, label_smoothing=self.options.label_smoothing), scores

    def after_backward(self):
        """Called between the gradients and the step of the optimizer."""

    def after_step(self):
        """Called when the optimizer has changed the weights."""

    def after_epoch(self):
        """Called after every epoch; returns what is to be logged."""
        return {}

    def evaluate(self, dataset):
        """What is to be logged of the test images beside their accuracy."""
        return {}

    def state(self):
        """Plain values that a checkpoint must hold beside weights and options."""
        return {}

    def restore_state(self, state):
        """Takes over what `state` returned, before the weights are restored."""

    def save(self, path, test_accuracy, test_images):
        record = {
            "tool": __version__,
            "method": self.method,
            "options": asdict(self.options),
            "classes": list(self.train.classes),
            "data": self.train.source,
            "scores": self.agreement and self.agreement.as_json(),
            **self.inputs.record(),
            "epoch": self.epoch,
            "passes": self.passes,
            "progress": self.progress(),
            "starts": self.starts,
            "average_steps": self.average.steps,
            "accuracy": test_accuracy,
            "test_images": test_images,
            "state": self.state(),
        }
        tensors = {
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "momentum": self.optimizer.state_dict()["state"],
        }
        checkpoint.save(path, record, tensors)

    def restore(self, path):
        """Goes on from the checkpoint at `path`; returns the accuracy that it had."""
        record, tensors = checkpoint.load(path)
        method = record.get("method", "float")
        if method != self.method:
            raise TrainingError(
                "checkpoint-options", f"{path} was trained with {method}, not {self.method}; change --out"
            )
        now = asdict(self.options)
        for name, value in record["options"].items():
            if name not in FREE_ON_RESUME and now.get(name) != value:
                raise TrainingError(
                    "checkpoint-options",
                    f"{path} was trained with {name} = {value}, now it is {now.get(name)}; "
                    "use the same options or another --out",
                )
        if record["classes"] != list(self.train.classes):
            raise TrainingError(
                "checkpoint-classes", f"{path} was trained on other classes than {self.train.source}"
            )
        self.restore_state(record.get("state", {}))
        checkpoint.restore(self.model, tensors["model"], path)
        checkpoint.restore(self.average.model, tensors["average"], path)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": tensors["momentum"]})
        self.average.steps = record["average_steps"]
        self.epoch, self.passes = record["epoch"], record["passes"]
        self.begun, self.origin = self.clock(), record["progress"]
        before = record["starts"]
        self.starts = before if self._same_schedule(before[-1]) else [*before, self._start()]
        return record["accuracy"]

    def _start(self):
        return {"passes": self.passes, "epochs": self.options.epochs, "minutes": self.options.minutes}

    def _same_schedule(self, start):
        return {**start, "passes": self.passes} == self._start() and not self.options.minutes

    def progress(self, step=0):
        """The share of the training that is over, at `step` of the present epoch."""
        options = self.options
        if options.minutes:
            elapsed = (self.clock() - self.begun) / (60 * options.minutes)
            return min(1.0, self.origin + (1 - self.origin) * elapsed)
        return (self.epoch + step / self.steps) / options.epochs

    def run_epoch(self):
        """Trains one epoch, or what the time allows of it.

        Returns the mean loss, the accuracy on the training views and the last learning rate.
        """
        options = self.options
        self.model.train()
        # One generator an epoch: a training that is resumed draws what it would have drawn.
        seed = options.seed * 1_000_003 + self.epoch
        generator = torch.Generator().manual_seed(seed)
        # Dropout draws from PyTorch's own generator.
        torch.manual_seed(seed)
        order = torch.randperm(len(self.train), generator=generator)
        progress_bar = ProgressBar(f"epoch {self.epoch + 1}/{options.epochs}", self.steps)
        loss_sum = correct = seen = 0
        for step in range(self.steps):
            progress = self.progress(step)
            if progress >= 1 and step > 0:
                break
            chosen = order[step * options.batch : (step + 1) * options.batch]
            rate = learning_rate(progress, options.rate, options.warm_up)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            loss, hits = self._step(
                self._views(chosen, progress, generator), self.labels[chosen].to(self.device)
            )
            loss_sum += loss * len(chosen)
            correct += hits
            seen += len(chosen)
            progress_bar.update(step + 1, f"loss {loss_sum / seen:.3f}")
        self.epoch += 1
        self.passes += seen / len(self.train)
        return loss_sum / seen, correct / seen, rate

    def accuracy(self, dataset):
        """Accuracy of the averaged weights."""
        self.agreement = self._agreement(dataset)
        return self.agreement.overall

    def _agreement(self, dataset):
        best = self.test_scores(dataset).argmax(1).numpy()
        return agreement(confusion(dataset.labels, best, len(dataset.classes)))

    def test_scores(self, dataset):
        """What the averaged weights make of `dataset`, [N, classes]."""
        return scores_of(self.average.model, dataset.images, self._test_inputs, device=self.device)

    def _test_inputs(self, samples):
        return self.inputs(samples).to(memory_format=self.inputs.layout)

    def prepare(self, images):
        """Samples on the training's device as the network's input."""
        return self.inputs(images)

    def _views(self, chosen, progress, generator):
        """Augmented, prepared training images for the indices `chosen`."""
        flips = self.first_flip[chosen]
        images = self.inputs.shown(self.images[chosen], self.options, flips, self.epoch, generator)
        x = self.inputs.turned(self.prepare(images.to(self.device)), generator)
        full = x.shape[-1]
        side = image_size(progress, self.sizes, full)
        if side != full:
            x = F.interpolate(x.contiguous(), size=(side, side), mode="bilinear", antialias=True)
        return x.contiguous(memory_format=self.inputs.layout)

    def _step(self, x, labels):
        loss, scores = self.loss(x, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.after_backward()
        self.optimizer.step()
        self.after_step()
        self.average.update(self.model)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                "training-diverged", f"the loss is no finite number in epoch {self.epoch + 1}; lower --rate"
            )
        return value, (scores.argmax(1) == labels).sum().item()


def weights_of(path, train):
    """(record, tensors) of the checkpoint at `path`, which must be one of the classes of `train`."""
    record, tensors = checkpoint.load(path)
    if record["classes"] != list(train.classes):
        raise TrainingError("checkpoint-classes", f"{path} was trained on other classes than {train.source}")
    return record, tensors


def _device(name):
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise TrainingError(
            "device-missing", f'--device is "{name}", but this PyTorch has no CUDA device; use cpu'
        )
    return torch.device(name)


def decay_groups(parameters, weight_decay):
    """Parameters of two and more dimensions with weight decay, the others without."""
    parameters = list(parameters)
    return [
        {"params": [one for one in parameters if one.dim() > 1], "weight_decay": weight_decay},
        {"params": [one for one in parameters if one.dim() <= 1], "weight_decay": 0.0},
    ]


def run(kind, options, train, test, out):
    """Trains with the method `kind`, a `Training`, to the end of its schedule.

    Goes on from the checkpoint in the folder `out` if there is one.
    After each epoch `out/checkpoint.pt` is replaced and a record is appended to `out/log.jsonl`.
    Returns the accuracy of the averaged weights on `test`, from 0 to 1.
    """
    out = Path(out)
    path = out / "checkpoint.pt"
    log = JsonLog(out / "log.jsonl")
    training = kind(options, train)
    test_accuracy = None
    if path.exists():
        test_accuracy = training.restore(path)
    start = {"event": "start", "method": kind.method, "epoch": round(training.passes, 3)}
    log.write({**start, "options": asdict(options)})
    while training.progress() < 1:
        start = time.time()
        loss, train_accuracy, rate = training.run_epoch()
        changes = training.after_epoch()
        trained = time.time()
        measured = {}
        if training.progress() >= 1 or training.epoch % options.test_every == 0:
            test_accuracy = training.accuracy(test)
            measured["test_accuracy"] = round(test_accuracy, 5)
            measured.update(training.agreement.as_json() if test.bands else {}, **training.evaluate(test))
        training.save(path, test_accuracy, len(test))
        log.write(
            {
                "event": "epoch",
                "epoch": round(training.passes, 3),
                "loss": round(loss, 5),
                "train_accuracy": round(train_accuracy, 5),
                "rate": round(rate, 6),
                "train_seconds": round(trained - start, 1),
                "test_seconds": round(time.time() - trained, 1),
                **measured,
                **changes,
            }
        )
    return test_accuracy
