import { formatShape } from '../../../graph/tensor.js';
import { weightsOf } from '../linear-map.js';
import { broadcast } from './broadcast.js';
import { foldedBias, type Primitive, scaledRows, stepShape } from './primitive.js';

const linear = (meaning: string): Primitive => ({
  meaning,
  becomes: '`linear`',
  limits: 'the weight must be a matrix and the input flat',
  convert(node, input, { draft, fold }) {
    const { weight, bias } = weightsOf(node);
    const [rows = 0, columns = 0] = weight.shape;
    const shape = stepShape(input);
    if (shape.length !== 1 || shape[0] !== columns) {
      node.fields.reject('weight', `takes ${columns} values, but the input has shape ${formatShape(shape)}`);
    }
    const folded = fold?.(rows);
    const total = foldedBias(bias, rows, folded);
    const inputs = [
      input.name,
      draft.constant(`${node.name}.weight`, {
        dtype: 'f32',
        shape: weight.shape,
        data: scaledRows(weight, folded?.gain),
      }),
      ...(total ? [draft.numbers(`${node.name}.bias`, [rows], total)] : []),
    ];
    return draft.emit('linear', node.name, inputs);
  },
});

export const affine = linear('y = W x + b');
export const linearOnly = linear('y = W x');

export const scale: Primitive = {
  meaning: 'y = s x, element by element',
  becomes: '`multiply`',
  convert(node, input, { draft }) {
    const factors = node.fields.array('scale');
    const shape = broadcast(node.fields, 'scale', factors, stepShape(input));
    const constant = draft.numbers(`${node.name}.scale`, shape, factors.data);
    return draft.emit('multiply', node.name, [draft.real(input).name, constant]);
  },
};
