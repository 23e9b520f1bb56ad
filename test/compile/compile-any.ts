import { compile } from '../../src/compile/compile.js';
import * as attention from '../../src/compile/lower/attention/index.js';
import type { Choices } from '../../src/compile/lower/context.js';
import * as sparse from '../../src/compile/lower/sparse/index.js';
import * as spiking from '../../src/compile/lower/spiking/index.js';
import type { Plan, Target } from '../../src/compile/plan.js';
import type { Graph } from '../../src/graph/graph.js';

/** Compiles with the lowerings of every family. */
export const compileAny = (graph: Graph, target: Target, choices: Choices = {}): Plan =>
  compile(graph, target, { lowerings: { attention, sparse, spiking }, ...choices });
