import { SpikeletError } from '../error.js';
import type { Tensor } from '../graph/tensor.js';
import { readWhole } from './files.js';

/** Something that can be timed. */
export interface Contender {
  readonly name: string;
  run(): Promise<unknown>;
  close(): void;
}

/** What is used of onnxruntime-web, which is no dependency: it is looked for when asked for. */
interface OnnxRuntime {
  readonly env: { readonly wasm: { numThreads?: number }; readonly versions: { readonly web?: string } };
  readonly Tensor: new (type: string, data: Tensor['data'], dims: readonly number[]) => unknown;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: { readonly executionProviders: readonly string[] }): Promise<Session>;
  };
}

interface Session {
  readonly inputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<unknown>;
  release(): Promise<void>;
}

const packageName = 'onnxruntime-web';

async function loadRuntime(): Promise<OnnxRuntime> {
  try {
    return (await import(packageName)) as OnnxRuntime;
  } catch (cause) {
    throw new SpikeletError('not-found', `is not installed: npm install ${packageName}`, {
      where: packageName,
      cause,
    });
  }
}

const typeNames = { f32: 'float32', u8: 'uint8', i8: 'int8', i32: 'int32' } as const;

/** An error of the other engine as one about the file that it was given. */
async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SpikeletError('unsupported', `${packageName} cannot run it: ${reason}`, { where: path, cause });
  }
}

/**
 * onnxruntime-web running an ONNX file on its WebAssembly backend, with the given inputs in order. Throws `not-found`
 * if it is not installed, `unsupported` if it cannot run the file.
 */
export async function contenderOf(
  path: string,
  inputs: Readonly<Record<string, Tensor>>,
  threads: number,
): Promise<Contender> {
  const runtime = await loadRuntime();
  runtime.env.wasm.numThreads = threads;
  const bytes = readWhole(path);
  const session = await attempt(path, () =>
    runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'] }),
  );
  const values = Object.values(inputs);
  if (values.length !== session.inputNames.length) {
    const message = `has the inputs ${session.inputNames.join(', ')}, the model ${Object.keys(inputs).join(', ')}`;
    throw new SpikeletError('invalid-input', `is another network: it ${message}`, { where: path });
  }
  const feeds = Object.fromEntries(
    session.inputNames.map((name, i) => {
      const value = values[i];
      return [name, value && new runtime.Tensor(typeNames[value.dtype], value.data, value.shape)];
    }),
  );
  return {
    name: `${packageName} ${runtime.env.versions.web ?? ''}`.trim(),
    run: () => attempt(path, () => session.run(feeds)),
    close: () => void session.release(),
  };
}
