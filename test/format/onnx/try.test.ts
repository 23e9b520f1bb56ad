import { test } from 'vitest';
import { single, Source } from './cases.js';
import { encodeOnnx } from './onnx-writer.js';
import { runOnnxruntime } from './onnxruntime.js';
import { fromOnnx } from '../../../src/format/onnx/index.js';
import { interpret } from '../../../src/graph/interpret.js';
test('pool', async () => {
  const s = new Source(1);
  for (let n = 0; n < 400; n++) {
    const k = s.integer(1,3), d = s.integer(1,2), h = (k-1)*d+1+s.integer(0,5), st = s.integer(1,3), p=[s.integer(0,k-1), 0, s.integer(0,k-1), 0];
    const c = single({ operator: 'MaxPool', operands: [s.f32([1,1,h,1])], attributes: { kernel_shape: { ints: [k,1] }, dilations: {ints:[d,1]}, strides: {ints:[st,1]}, pads: {ints: p}, ceil_mode: {int: 1} }});
    const file = encodeOnnx(c.model);
    const mine = interpret(fromOnnx(file), c.inputs).y0?.shape[2];
    const theirs = (await runOnnxruntime(file, c.inputs)).get('y0')?.shape[2];
    if (mine !== theirs) console.log({h,k,d,st,p,mine,theirs});
  }
});
