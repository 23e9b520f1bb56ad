import { float, int8, int32, int64, type ModelSpec, uint8 } from '../format/onnx/onnx-writer.js';

const ints = (...values: readonly number[]) => ({ ints: values });

/** Layers of every kind in f32, with arithmetic on shapes. */
const floats: ModelSpec = {
  inputs: [{ name: 'x', type: 'float', shape: [1, 2, 6, 6] }],
  outputs: [{ name: 'y', type: 'float' }],
  initializers: {
    w: float([4, 2, 3, 3], new Array<number>(72).fill(0.1)),
    b: float([4], [1, 2, 3, 4]),
    v: float([4], [1, 1, 2, 2]),
    fc: float([3, 3], new Array<number>(9).fill(0.2)),
    scales: float([4], [1, 1, 2, 2]),
    zero: int64([0]),
    one: int64([1]),
    rest: int64([-1]),
    pads: int64([0, 0, 1, 1, 0, 0, 1, 1]),
  },
  nodes: [
    { operator: 'Pad', inputs: ['x', 'pads'], outputs: ['p'] },
    {
      operator: 'Conv',
      inputs: ['p', 'w', 'b'],
      outputs: ['c'],
      attributes: { strides: ints(2, 2), dilations: ints(1, 1), group: { int: 1 } },
    },
    {
      operator: 'BatchNormalization',
      inputs: ['c', 'v', 'b', 'b', 'v'],
      outputs: ['n'],
      attributes: { epsilon: { float: 1e-5 } },
    },
    { operator: 'Relu', inputs: ['n'], outputs: ['r'] },
    {
      operator: 'MaxPool',
      inputs: ['r'],
      outputs: ['m'],
      attributes: { kernel_shape: ints(2, 2), pads: ints(0, 1, 1, 0), ceil_mode: { int: 1 } },
    },
    {
      operator: 'AveragePool',
      inputs: ['r'],
      outputs: ['a'],
      attributes: { kernel_shape: ints(2, 2), auto_pad: { text: 'SAME_UPPER' } },
    },
    { operator: 'Concat', inputs: ['r', 'a'], outputs: ['both'], attributes: { axis: { int: 1 } } },
    { operator: 'Split', inputs: ['both'], outputs: ['left', 'right'], attributes: { axis: { int: 1 } } },
    { operator: 'Mul', inputs: ['left', 'right'], outputs: ['product'] },
    {
      operator: 'Resize',
      inputs: ['product', '', 'scales'],
      outputs: ['big'],
      attributes: { mode: { text: 'linear' } },
    },
    { operator: 'Slice', inputs: ['big', 'zero', 'rest', 'one'], outputs: ['part'] },
    {
      operator: 'ReduceMean',
      inputs: ['part'],
      outputs: ['mean'],
      attributes: { axes: ints(2, 3), keepdims: { int: 0 } },
    },
    { operator: 'Shape', inputs: ['mean'], outputs: ['s'] },
    { operator: 'Gather', inputs: ['s', 'zero'], outputs: ['batch'] },
    { operator: 'Concat', inputs: ['batch', 'rest'], outputs: ['target'], attributes: { axis: { int: 0 } } },
    { operator: 'Reshape', inputs: ['mean', 'target'], outputs: ['flat'] },
    {
      operator: 'Constant',
      inputs: [],
      outputs: ['k'],
      attributes: { value: { tensor: float([1], [0.5]) } },
    },
    { operator: 'Add', inputs: ['flat', 'k'], outputs: ['shifted'] },
    {
      operator: 'Gemm',
      inputs: ['shifted', 'fc'],
      outputs: ['g'],
      attributes: { transB: { int: 1 }, alpha: { float: 1 } },
    },
    { operator: 'Transpose', inputs: ['g'], outputs: ['t'], attributes: { perm: ints(1, 0) } },
    { operator: 'Softmax', inputs: ['t'], outputs: ['y'], attributes: { axis: { int: 0 } } },
  ],
};

const scale = float([], [0.05]);

/** QDQ and operators on integers. */
const integers: ModelSpec = {
  inputs: [{ name: 'x', type: 'float', shape: [1, 2, 4, 4] }],
  outputs: [{ name: 'y', type: 'float' }],
  initializers: {
    s: scale,
    z: uint8([], [100]),
    w: int8([2, 2, 3, 3], new Array<number>(36).fill(3)),
    ws: float([2], [0.01, 0.02]),
    wz: int8([2], [0, 0]),
    bias: float([2], [0.1, -0.1]),
    b32: int32([2], [5, -5]),
  },
  nodes: [
    { operator: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
    { operator: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['r'] },
    {
      operator: 'DequantizeLinear',
      inputs: ['w', 'ws', 'wz'],
      outputs: ['wr'],
      attributes: { axis: { int: 0 } },
    },
    { operator: 'Conv', inputs: ['r', 'wr', 'bias'], outputs: ['c'], attributes: { pads: ints(1, 1, 1, 1) } },
    { operator: 'Relu', inputs: ['c'], outputs: ['relu'] },
    { operator: 'QuantizeLinear', inputs: ['relu', 's', 'z'], outputs: ['cq'] },
    {
      operator: 'QLinearConv',
      inputs: ['cq', 's', 'z', 'w', 'ws', 'wz', 's', 'z', 'b32'],
      outputs: ['c2'],
      attributes: { pads: ints(1, 1, 1, 1) },
    },
    {
      operator: 'QLinearAdd',
      domain: 'com.microsoft',
      inputs: ['cq', 's', 'z', 'c2', 's', 'z', 's', 'z'],
      outputs: ['sum'],
    },
    {
      operator: 'MaxPool',
      inputs: ['sum'],
      outputs: ['pool'],
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
    },
    { operator: 'DequantizeLinear', inputs: ['pool', 's', 'z'], outputs: ['pr'] },
    { operator: 'Sigmoid', inputs: ['pr'], outputs: ['sig'] },
    { operator: 'QuantizeLinear', inputs: ['sig', 's', 'z'], outputs: ['sq'] },
    { operator: 'DequantizeLinear', inputs: ['sq', 's', 'z'], outputs: ['y'] },
  ],
};

/** Descriptions of the ONNX models that are damaged. All of them can be imported. */
export const onnxModels: readonly ModelSpec[] = [floats, integers];
