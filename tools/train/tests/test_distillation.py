from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from spikelet_train.distillation import Teacher
from spikelet_train.errors import TrainingError
from spikelet_train.methods.bmpq import Bmpq
from spikelet_train.methods.dnr import Dnr
from spikelet_train.methods.float import train_float
from spikelet_train.methods.loop import run
from spikelet_train.methods.options import Options

from test_bmpq import SMALL, epochs
from test_dnr import SMALL as SPARSE


@pytest.fixture
def teacher(tmp_path, train, test):
    options = Options(model="resnet20", width=0.25, epochs=8, batch=16, rate=0.1, average=0.8)
    train_float(options, train, test, tmp_path / "teacher")
    return tmp_path / "teacher/checkpoint.pt"


def images(count, side):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(4))


def test_the_loss_is_a_mixture_and_least_for_the_scores_of_the_teacher(teacher, train):
    half = Teacher(teacher, train.classes, share=0.25, temperature=3.0)
    x, label_loss = images(8, 32), torch.tensor(2.0)
    own = half.model(x)
    assert half.loss(own, x, label_loss).item() == pytest.approx(0.75 * 2.0, abs=1e-6)
    other = torch.zeros_like(own)
    soft = F.softmax(own / 3.0, 1)
    divergence = (soft * (soft.log() - torch.log(torch.tensor(1 / 3)))).sum(1).mean().item()
    expected = 0.75 * 2.0 + 0.25 * 9.0 * divergence
    assert half.loss(other, x, label_loss).item() == pytest.approx(expected, rel=1e-5)


def test_a_batch_is_normalised_by_itself_at_any_size(teacher, train):
    model = Teacher(teacher, train.classes, 0.5, 2.0).model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = images(8, 24)
    assert torch.allclose(model(x), model(5 * x), atol=1e-2)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_student_learns_from_the_teacher_alone(tmp_path, teacher, train, test):
    blind = replace(train, labels=train.labels * 0)
    options = replace(SMALL, teacher=str(teacher), teacher_share=1.0, epochs=8, rate=0.1, weights=str(teacher))
    assert run(Bmpq, options, blind, test, tmp_path / "student") > 0.9
    assert epochs(tmp_path / "student")[-1]["loss"] < epochs(tmp_path / "student")[0]["loss"]


def test_a_teacher_of_other_classes_or_another_method_is_refused(tmp_path, teacher, train, test):
    others = replace(train, classes=("a", "b", "c"))
    with pytest.raises(TrainingError) as error:
        Bmpq(replace(SMALL, teacher=str(teacher)), others)
    assert error.value.code == "checkpoint-classes"
    run(Dnr, replace(SPARSE, epochs=1), train, test, tmp_path / "sparse")
    with pytest.raises(TrainingError) as error:
        Bmpq(replace(SMALL, teacher=str(tmp_path / "sparse/checkpoint.pt")), train)
    assert error.value.code == "checkpoint-method"
