import { describe } from 'vitest';
import { type Case, compareCases, type Source, single } from './cases.js';
import { type AttributeSpec, float, int64, type TensorSpec } from './onnx-writer.js';

type Attributes = Readonly<Record<string, AttributeSpec>>;

const exact = { relative: 0 };

function reshape(source: Source): Case {
  const target = source.pick([4, 6], [-1], [0, -1], [2, 3, -1], [1, 24], [0, 0, 2, 2], [-1, 2, 1, 3]);
  return single({ operator: 'Reshape', operands: [source.f32([2, 3, 4]), int64(target)], tolerance: exact });
}

function squeeze(source: Source): Case {
  const x = source.f32([1, 3, 1, 2]);
  const axes = source.pick([0], [2], [-2, 0], [0, 2]);
  const way = source.pick('none', 'attribute', 'input');
  if (way === 'none') return single({ operator: 'Squeeze', operands: [x], tolerance: exact });
  return way === 'input'
    ? single({ operator: 'Squeeze', operands: [x, int64(axes)], tolerance: exact })
    : single({
        operator: 'Squeeze',
        opset: 11,
        operands: [x],
        attributes: { axes: { ints: axes } },
        tolerance: exact,
      });
}

function unsqueeze(source: Source): Case {
  const x = source.f32([3, 2]);
  const axes = source.pick([0], [2], [-1], [0, 3], [1, -1]);
  return source.integer(0, 1)
    ? single({ operator: 'Unsqueeze', operands: [x, int64(axes)], tolerance: exact })
    : single({
        operator: 'Unsqueeze',
        opset: 11,
        operands: [x],
        attributes: { axes: { ints: axes } },
        tolerance: exact,
      });
}

function transpose(source: Source): Case {
  const permutations = [
    [0, 1, 2, 3],
    [0, 2, 3, 1],
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [2, 3, 0, 1],
  ] as const;
  const perm = permutations[source.integer(0, 4)] ?? [];
  const attributes: Attributes = source.integer(0, 3) === 0 ? {} : { perm: { ints: perm } };
  return single({
    operator: 'Transpose',
    operands: [source.f32([2, 3, 4, source.integer(1, 3)])],
    attributes,
    tolerance: exact,
  });
}

function concat(source: Source): Case {
  const shape = [2, 3, 2];
  const axis = source.integer(-3, 2);
  const operands = Array.from({ length: source.integer(1, 4) }, () => {
    const own = shape.map((size, i) => (i === (axis + 3) % 3 ? source.integer(1, 3) : size));
    const count = own.reduce((n, d) => n * d, 1);
    return source.integer(0, 2) === 0 ? float(own, source.reals(count)) : source.f32(own);
  });
  return single({
    operator: 'Concat',
    operands: [source.f32(shape), ...operands],
    attributes: { axis: { int: axis } },
    tolerance: exact,
  });
}

const farthest = 2 ** 53;

function slice(source: Source): Case {
  const x = source.f32([3, 5, 4]);
  const cases: readonly (readonly (TensorSpec | '')[])[] = [
    [int64([1]), int64([3]), int64([1])],
    [int64([0, 1]), int64([2, farthest])],
    [int64([-3]), int64([-1]), int64([-2])],
    [int64([-1, 0]), int64([-farthest, 4]), int64([1, 2]), int64([-1, 2])],
    [int64([4]), int64([0]), int64([1]), int64([-2])],
    [int64([1, 0]), int64([3, 2]), '', int64([1, 2])],
  ];
  return single({
    operator: 'Slice',
    operands: [x, ...(cases[source.integer(0, 5)] ?? [])],
    tolerance: exact,
  });
}

function split(source: Source): Case {
  const axis = source.pick(1, -2);
  const x = source.f32([2, 6, 3]);
  const attributes = { axis: { int: axis } };
  switch (source.pick('even', 'input', 'attribute', 'uneven')) {
    case 'even':
      return single({ operator: 'Split', operands: [x], attributes, outputs: 3, tolerance: exact });
    case 'input':
      return single({
        operator: 'Split',
        operands: [x, int64([1, 2, 3])],
        attributes,
        outputs: 3,
        tolerance: exact,
      });
    case 'attribute':
      return single({
        operator: 'Split',
        opset: 11,
        operands: [x],
        attributes: { ...attributes, split: { ints: [4, 2] } },
        outputs: 2,
        tolerance: exact,
      });
    case 'uneven':
      return single({
        operator: 'Split',
        opset: 18,
        operands: [source.f32([2, 7, 3])],
        attributes: { ...attributes, num_outputs: { int: 3 } },
        outputs: 3,
        tolerance: exact,
      });
  }
}

function gather(source: Source): Case {
  const indices = source.pick(
    int64([1], []),
    int64([-1], []),
    int64([1, 2]),
    int64([0]),
    int64([1, 2, 3, 4], [4]),
  );
  return single({
    operator: 'Gather',
    operands: [source.f32([3, 5, 6]), indices],
    attributes: { axis: { int: source.pick(1, 2, -1) } },
    tolerance: exact,
  });
}

function pad(source: Source): Case {
  const mode = source.pick('constant', 'edge', 'reflect');
  const pads = int64([
    0,
    0,
    ...source.integers(2, 0, 2),
    0,
    source.integer(0, mode === 'constant' ? 1 : 0),
    ...source.integers(2, 0, 2),
  ]);
  const value = float([], [source.real()]);
  const operands = mode === 'constant' && source.integer(0, 1) ? [pads, value] : [pads];
  return single({
    operator: 'Pad',
    operands: [source.f32([1, 2, 3, 4]), ...operands],
    attributes: mode === 'constant' && source.integer(0, 1) ? {} : { mode: { text: mode } },
    tolerance: exact,
  });
}

function resize(source: Source): Case {
  const x = source.f32([1, 2, source.integer(1, 5), source.integer(1, 5)]);
  const mode = source.pick('nearest', 'linear');
  const sizes = int64([1, 2, source.integer(1, 9), source.integer(1, 9)]);
  const scales = float([4], [1, 1, source.pick(2, 3, 0.5, 1.5, 1), source.pick(2, 1, 2.5)]);
  const coordinates = source.pick('half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric');
  const [, , height = 1] = x.shape;
  const bySizes = source.integer(0, 1) === 1 || height * (scales.data[2] ?? 1) < 1;
  return single({
    operator: 'Resize',
    operands: bySizes ? [x, '', '', sizes] : [x, '', scales],
    attributes: {
      mode: { text: mode },
      coordinate_transformation_mode: { text: coordinates },
      ...(mode === 'nearest' && {
        nearest_mode: { text: source.pick('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil') },
      }),
    },
  });
}

const blocks = (operator: string, shape: readonly number[], source: Source, attributes: Attributes): Case =>
  single({
    operator,
    operands: [source.f32(shape)],
    attributes: { blocksize: { int: 2 }, ...attributes },
    tolerance: exact,
  });

describe('operators that move elements agree with onnxruntime', () => {
  compareCases(
    {
      Reshape: reshape,
      Flatten: (source) =>
        single({
          operator: 'Flatten',
          operands: [source.f32([2, 3, 4])],
          attributes: { axis: { int: source.integer(-3, 3) } },
          tolerance: exact,
        }),
      Squeeze: squeeze,
      Unsqueeze: unsqueeze,
      Transpose: transpose,
      Concat: concat,
      Slice: slice,
      Split: split,
      Gather: gather,
      Pad: pad,
      Resize: resize,
      DepthToSpace: (source) =>
        blocks('DepthToSpace', [1, 8, 2, 3], source, { mode: { text: source.pick('DCR', 'CRD') } }),
      SpaceToDepth: (source) => blocks('SpaceToDepth', [1, 2, 4, 6], source, {}),
      Identity: (source) =>
        single({ operator: 'Identity', operands: [source.f32([2, 3])], tolerance: exact }),
      Dropout: (source) => single({ operator: 'Dropout', operands: [source.f32([2, 3])], tolerance: exact }),
      Expand: (source) =>
        single({
          operator: 'Expand',
          operands: [source.f32([2, 1, 3]), int64(source.pick([1, 1, 3], [1, 2, 1, 3], [1]))],
          tolerance: exact,
        }),
      'Cast between floats': (source) =>
        single({
          operator: 'Cast',
          operands: [source.f32([2, 3])],
          attributes: { to: { int: 1 } },
          tolerance: exact,
        }),
    },
    15,
  );
});
