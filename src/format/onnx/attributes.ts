import { rejectModel } from '../json.js';
import type { OnnxAttribute, OnnxNode, TensorMessage } from './model.js';
import { rejectOperator } from './unsupported.js';

/** Numbers of AttributeProto.AttributeType. */
const types = { float: 1, integer: 2, text: 3, tensor: 4, floats: 6, integers: 7 } as const;

/** The attributes of one node. Remembers which were read, so that an unknown one is not silently ignored. */
export class Attributes {
  readonly #node: OnnxNode;
  readonly #read = new Set<string>();

  constructor(node: OnnxNode) {
    this.#node = node;
  }

  #get(name: string, type: keyof typeof types): OnnxAttribute | undefined {
    this.#read.add(name);
    const attribute = this.#node.attributes.get(name);
    if (attribute && attribute.type !== 0 && attribute.type !== types[type]) {
      rejectModel(
        `node '${this.#node.name}' (${this.#node.operator})`,
        `attribute '${name}' must be of type ${type}`,
      );
    }
    return attribute;
  }

  has(name: string): boolean {
    return this.#node.attributes.has(name);
  }

  integer(name: string, fallback: number): number {
    return this.#get(name, 'integer')?.integer ?? fallback;
  }

  float(name: string, fallback: number): number {
    return this.#get(name, 'float')?.float ?? fallback;
  }

  text(name: string, fallback: string): string {
    return this.#get(name, 'text')?.text ?? fallback;
  }

  integers(name: string): readonly number[] | undefined {
    return this.#get(name, 'integers')?.integers;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, 'floats')?.floats;
  }

  tensor(name: string): TensorMessage | undefined {
    return this.#get(name, 'tensor')?.tensor;
  }

  /** Marks attributes that do not matter for inference. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Refuses the node if it has an attribute that nothing read. */
  checkAllRead(): void {
    const unread = [...this.#node.attributes.keys()].filter((name) => !this.#read.has(name));
    if (unread.length > 0) rejectOperator(`attribute ${unread.slice(0, 5).join(', ')} is not supported`);
  }
}
