import type { Graph } from './graph.js';
import type { Node } from './ops/table.js';
import { formatType } from './tensor.js';
import { inferTypes, nodeCost, operationOf } from './types.js';

/** Attributes that differ from their defaults, as `name=value`. */
function formatAttributes(node: Node): string {
  const { schema } = operationOf(node);
  return Object.entries(node.attributes)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(schema[name]?.fallback))
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('');
}

/** A listing for people: inputs, one line for each node with its output type and cost, outputs. */
export function formatGraph(graph: Graph): string {
  const types = inferTypes(graph);
  const constantOf = (name: string): string => {
    const constant = graph.constants.get(name);
    const bits = constant?.quantization ? `:${constant.quantization.bits}` : '';
    return constant ? `${name} ${constant.dtype}${bits}[${constant.shape.join(', ')}]` : name || '-';
  };
  const nodes = graph.nodes.map((node) => {
    const outputs = node.outputs.map((name) => {
      const type = types.get(name);
      return type ? `${name}: ${formatType(type)}` : name;
    });
    const { macs } = nodeCost(graph, types, node);
    const inputs = node.inputs.map(constantOf).join('; ');
    return `${outputs.join(', ')} = ${node.op}(${inputs})${formatAttributes(node)}${macs > 0 ? `  ${macs} MACs` : ''}`;
  });
  const inputs = graph.inputs.map(({ name, type }) => `input ${name}: ${formatType(type)}`);
  const outputs = graph.outputs.map(({ name }) => `output ${name}`);
  return [`graph ${graph.name}`, ...inputs, ...nodes, ...outputs].join('\n');
}
