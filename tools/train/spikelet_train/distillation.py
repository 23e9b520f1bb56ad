"""Distillation (Hinton et al. 2015): a trained network's scores as targets beside the labels."""

import torch
from torch import nn
from torch.nn import functional as F

from . import checkpoint
from .errors import TrainingError
from .models import build


class Teacher:
    """The float network of a checkpoint. It belongs to no `Module`, so that no checkpoint holds it."""

    def __init__(self, path, classes, share, temperature):
        """`share` of the loss is the divergence from the teacher's scores softened by `temperature`."""
        record, tensors = checkpoint.load(path)
        if record.get("method", "float") != "float":
            raise TrainingError("checkpoint-method", f"{path} is no float network: a teacher must be one")
        if record["classes"] != list(classes):
            raise TrainingError("checkpoint-classes", f"{path} was trained on other classes than the data")
        options = record["options"]
        self.model = build(options["model"], options["width"], len(classes))
        checkpoint.restore(self.model, tensors["average"], path)
        self.model.requires_grad_(False).train()
        for module in self.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                # Each batch is normalised by itself: the running values fit images of full size only.
                module.track_running_stats = False
                module.running_mean = module.running_var = None
        self.share, self.temperature = share, temperature

    def to(self, device):
        self.model.to(device, memory_format=torch.channels_last)
        return self

    def loss(self, scores, x, label_loss):
        """The mixture of `label_loss` and the divergence of `scores` [images, classes] from the teacher's."""
        with torch.no_grad():
            targets = F.log_softmax(self.model(x).float() / self.temperature, 1)
        divergence = F.kl_div(
            F.log_softmax(scores / self.temperature, 1), targets, reduction="batchmean", log_target=True
        )
        return (1 - self.share) * label_loss + self.share * self.temperature**2 * divergence
