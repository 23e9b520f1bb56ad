"""A hyperspectral scene with its split as a data set: a JSON file names the parts."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import TrainingError
from .cube import load_scene, normalisation_of
from .inputs import PatchInputs
from .patches import disjoint_split, load_split, random_split, save_split

FORMAT = "spikelet-scene"
VERSION = 1
SPLITS = {"random": random_split, "disjoint": disjoint_split}


@dataclass(frozen=True)
class SceneSamples:
    """`images` are places `row * width + column`, int64 [N]; `labels` int64 [N] into `classes`, which are in
    the order of the scene's labels `numbers`. `cube` is normalised."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple
    numbers: tuple
    source: str
    cube: np.ndarray
    normalisation: object
    split: object

    def __len__(self):
        return len(self.labels)

    @property
    def bands(self):
        return self.cube.shape[2]

    def inputs(self, patch):
        """How its samples become inputs of a network that reads `patch` by `patch` pixels."""
        return PatchInputs(self.cube, patch, self.normalisation, self.split, self.numbers)


def is_scene(path):
    """Whether `path` can only be the description of a scene."""
    return path.suffix == ".json" and path.is_file()


def load_samples(path, side):
    """The pixels to train on ("train") or to test on ("test") of the scene that `path` describes."""
    path, fields = Path(path), _fields(Path(path))
    scene = load_scene(
        path.parent / fields["cube"],
        path.parent / fields["labels"],
        fields.get("cubeVariable"),
        fields.get("labelsVariable"),
    )
    split = load_split(path.parent / fields["split"])
    if (split.height, split.width) != scene.labels.shape:
        raise TrainingError(
            "data-shape",
            f"{fields['split']} splits a scene of {split.height}x{split.width} pixels, "
            f"{scene.source} has {scene.labels.shape[0]}x{scene.labels.shape[1]}",
        )
    places = getattr(split, side)
    labels = scene.labels.reshape(-1)[places]
    if (labels == 0).any():
        pixel = places[labels == 0][0]
        raise TrainingError("data-split", f"{fields['split']} lists the pixel {pixel}, which has no label")
    normalisation = normalisation_of(scene.cube, fields.get("normalise", "minmax"))
    names = fields.get("names", {})
    return SceneSamples(
        images=places,
        labels=np.searchsorted(scene.classes, labels),
        classes=tuple(names.get(str(number), f"class {number}") for number in scene.classes),
        numbers=scene.classes,
        source=scene.source,
        cube=normalisation.apply(scene.cube),
        normalisation=normalisation,
        split=split,
    )


def _fields(path):
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError("data-damaged", f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(fields, dict) or fields.get("format") != FORMAT or fields.get("version") != VERSION:
        raise TrainingError("data-format", f"{path} describes no scene ({FORMAT} of version {VERSION})")
    for key in ("cube", "labels", "split"):
        if not isinstance(fields.get(key), str):
            raise TrainingError("data-damaged", f"{path} does not name the file of the {key}")
    if not isinstance(fields.get("names", {}), dict):
        raise TrainingError("data-damaged", f'{path}: "names" maps labels to names')
    return fields


@dataclass(frozen=True)
class SceneRequest:
    """What `describe` writes: places of the files, the split that is wanted, names by label."""

    cube: str
    labels: str
    kind: str
    train: float
    patch: int
    seed: int
    normalise: str = "minmax"
    names: tuple = ()
    cube_variable: object = None
    labels_variable: object = None


def describe(request, out):
    """Splits a scene and writes `split.json` and `scene.json` into the folder `out`; returns the warnings."""
    if request.kind not in SPLITS:
        raise TrainingError("data-option", f'the split is "{request.kind}"; it must be {" or ".join(SPLITS)}')
    scene = load_scene(request.cube, request.labels, request.cube_variable, request.labels_variable)
    # Refuses an unknown kind before anything is written.
    normalisation_of(scene.cube[:2, :2, :2], request.normalise)
    split = SPLITS[request.kind](scene.labels, request.train, request.patch, request.seed)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    save_split(split, out / "split.json")
    fields = {"format": FORMAT, "version": VERSION, "cube": _seen_from(out, request.cube)}
    fields |= {"labels": _seen_from(out, request.labels), "normalise": request.normalise}
    fields |= {"split": "split.json", "names": dict(request.names)}
    variables = {"cubeVariable": request.cube_variable, "labelsVariable": request.labels_variable}
    fields |= {key: name for key, name in variables.items() if name is not None}
    (out / "scene.json").write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    return split, split.warnings(scene.labels)


def _seen_from(folder, path):
    return os.path.relpath(Path(path).resolve(), folder.resolve())
