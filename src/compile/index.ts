export { compile } from './compile.js';
export { memoryMap } from './memory-map.js';
export {
  controlBytes,
  type DotProduct,
  type Layer,
  type MemoryBlock,
  type Plan,
  type Port,
  type Region,
  type Step,
  type Target,
} from './plan.js';
