type Exports = Record<string, unknown>;
type Callable = (...values: unknown[]) => unknown;

const isCallable = (value: unknown): value is Callable => typeof value === 'function';

/** Calls `target` from a frame with as many unread arguments as `padding` has. */
const callDeeper = new Function(
  'target',
  'values',
  'padding',
  `function padded() { return arguments.length < 0 ? 0 : target(...values); }
   return Reflect.apply(padded, null, padding);`,
) as (target: Callable, values: unknown[], padding: readonly number[]) => unknown;

/** Bytes of an argument on the stack. */
export const slot = 8;

/**
 * Lets every instance of WebAssembly that is made from now on be called further down the stack.
 * Returns what sets by how many slots.
 */
export function shiftCalls(): (slots: number) => void {
  let padding: readonly number[] = [];
  const shifted = ({ exports }: WebAssembly.Instance): WebAssembly.Instance => {
    const wrapped: Exports = {};
    for (const [name, value] of Object.entries(exports)) {
      wrapped[name] = isCallable(value)
        ? (...values: unknown[]) => callDeeper(value, values, padding)
        : value;
    }
    return Object.setPrototypeOf({ exports: wrapped }, WebAssembly.Instance.prototype);
  };
  const { Instance, instantiate } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [module, imports]) => shifted(new target(module, imports)),
  });
  const instantiateShifted = async (
    source: BufferSource | WebAssembly.Module,
    imports?: WebAssembly.Imports,
  ) => {
    if (source instanceof WebAssembly.Module) return shifted(await instantiate(source, imports));
    const { module, instance } = await instantiate(source, imports);
    return { module, instance: shifted(instance) };
  };
  WebAssembly.instantiate = instantiateShifted as typeof instantiate;
  return (slots) => {
    padding = new Array<number>(slots).fill(0);
  };
}
