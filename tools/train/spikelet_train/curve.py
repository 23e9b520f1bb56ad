"""The course of a training as an SVG picture."""

from .errors import TrainingError

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 40, 44
SERIES = (("test_accuracy", "test (averaged)", "#0b6e4f"), ("train_accuracy", "training views", "#c8553d"))


def draw(records, title):
    """SVG text with the accuracy of each epoch, from the records of a training log."""
    # A training that was resumed may have logged an epoch twice: the later record counts.
    by_epoch = {record["epoch"]: record for record in records if record.get("event") == "epoch"}
    if not by_epoch:
        raise TrainingError("log-empty", "the log holds no finished epoch; train first")
    epochs = [by_epoch[epoch] for epoch in sorted(by_epoch)]
    label = _escape(title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="{label}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{label}</text>',
        *_axes(epochs[-1]["epoch"]),
        *_series(epochs),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(epoch, last):
    return LEFT + (WIDTH - LEFT - RIGHT) * epoch / last


def _y(share):
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _axes(last):
    for percent in range(0, 101, 20):
        level = _y(percent / 100)
        yield f'<path d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{percent} %</text>'
    below = HEIGHT - BOTTOM + 18
    for epoch in range(0, int(last) + 1, max(1, round(last / 10))):
        yield f'<text x="{_x(epoch, last):.1f}" y="{below}" text-anchor="middle">{epoch}</text>'
    yield f'<text x="{_x(1, 2):.1f}" y="{HEIGHT - 8}" text-anchor="middle">epoch</text>'


def _series(epochs):
    final = epochs[-1]
    last = {key: record[key] for record in epochs for key, *_ in SERIES if key in record}
    ranked = sorted(last, key=lambda key: -last[key])
    for key, label, colour in SERIES:
        if key not in last:
            continue
        seen = [record for record in epochs if key in record]
        points = [(_x(record["epoch"], final["epoch"]), _y(record[key])) for record in seen]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        x, y = points[-1]
        # The labels of close curves keep clear of each other: the higher one goes above its end.
        y += -6 if ranked[0] == key else 14
        text = f"{label} {100 * last[key]:.2f} %"
        yield f'<text x="{x + 6:.1f}" y="{y:.1f}" fill="{colour}">{text}</text>'


def _escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
