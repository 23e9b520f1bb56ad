import type { Reference } from '../operation.js';
import { addReference } from './add.js';
import { convReference } from './conv.js';
import { linearReference } from './linear.js';
import { reluReference } from './relu.js';
import type { NodeFor, OperationName } from './table.js';

type ReferenceTable = { readonly [Op in OperationName]: Reference<NodeFor<Op>> };

/** The plain reference of every operation: for tests and tools, never in the runtime. */
export const references: ReferenceTable = {
  add: addReference,
  conv: convReference,
  linear: linearReference,
  relu: reluReference,
};
