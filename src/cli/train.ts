import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { knownNames } from '../graph/closest.js';
import type { Command, OptionSpec } from './command.js';
import { UsageError } from './io.js';
import { describeMethods, methodNames, methods, optionSpecs } from './train/methods.js';
import { findPython } from './train/python.js';
import { quantizationOptions } from './train/quantize.js';
import { train as runTraining } from './train/train.js';

const tools = fileURLToPath(new URL('../../tools/train', import.meta.url));

const ownOptions: Readonly<Record<string, OptionSpec>> = {
  'test-images': { value: '<n>', help: 'test images to evaluate the finished model on (default all)' },
  python: {
    value: '<program>',
    help: 'the Python to train with (default: $SPIKELET_PYTHON, else the first that has PyTorch)',
  },
};

/** The Python that was asked for; read before the other options are known, as Python knows them. */
function wantedPython(argv: readonly string[]): string | undefined {
  const { values } = parseArgs({ args: [...argv], options: { python: { type: 'string' } }, strict: false });
  const wanted = values.python ?? process.env.SPIKELET_PYTHON;
  return typeof wanted === 'string' && wanted !== '' ? wanted : undefined;
}

const summaries = Object.entries(methods).map(([name, summary]) => `${name} (${summary})`);

/** `spikelet train <method>`: the options of a method are asked of the training tools themselves. */
export const train: Command = {
  name: 'train',
  summary: 'Train a network with PyTorch, pack and evaluate it, and report',
  operands: [{ name: '<method>', help: summaries.join(', ') }],
  options: ownOptions,
  examples: [
    'spikelet train bmpq --help',
    'spikelet train bmpq --data cifar-10-python.tar.gz --out runs/bmpq --model resnet18 --ratio 15 --clip mse',
    'spikelet train dnr --data cifar-10-python.tar.gz --out runs/dnr --density 0.05',
  ],
  async resolve(argv, io) {
    const [name, ...rest] = argv;
    if (name === undefined || /^(-h|--help|--json)$/.test(name)) return { command: train, argv };
    const method = methodNames.find((candidate) => candidate === name);
    if (method === undefined) {
      throw name.startsWith('-')
        ? new UsageError(`the method comes before ${name}: spikelet train <method> ${name}`)
        : new UsageError(`there is no method '${name}'${knownNames(name, methodNames)}`);
    }
    const python = await findPython(tools, wantedPython(rest), io.signal);
    const description = await describeMethods(python, tools, io.signal);
    const options = description.methods[method]?.options ?? [];
    const command: Command = {
      name: `train ${method}`,
      summary: `${methods[method].replace(/^t/, 'T')}, pack and evaluate it, and report`,
      operands: [],
      options: { ...optionSpecs(options), ...quantizationOptions(method), ...ownOptions },
      examples: [
        `spikelet train ${method} --data cifar-10-python.tar.gz --out runs/${method} --model resnet20 --epochs 20`,
        `spikelet train ${method} --data photos.zip --out runs/${method} --python ~/.venv/bin/python`,
      ],
      run: (given, ownIo) =>
        runTraining(
          { method, argv: rest, given, options, description, tools: { folder: tools, python } },
          ownIo,
        ),
    };
    return { command, argv: rest };
  },
  async run() {
    throw new UsageError('train needs <method>');
  },
};
