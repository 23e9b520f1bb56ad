import { type Command, commonOptions, type OptionSpec } from './command.js';

/** How a command is called: `spikelet run <model> --image <file> [options]`. */
function synopsis({ name, operands, options }: Command): string {
  const needed = Object.entries(options).filter(([, { required }]) => required);
  const given = needed.map(([option, { value }]) => `--${option} ${value}`);
  return ['spikelet', name, ...operands.map((operand) => operand.name), ...given, '[options]'].join(' ');
}

const widestLine = 100;

/** What a command is for, its options and examples. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...commonOptions });
  const entries = options.map(([name, spec]) => [optionTitle(name, spec), spec.help] as const);
  const width = Math.max(...entries.map(([title]) => title.length));
  const described = (title: string, help: string): readonly string[] => {
    const [first = '', ...rest] = wrapped(help, widestLine - width - 4);
    const indent = ' '.repeat(width + 4);
    return [`  ${title.padEnd(width)}  ${first}`, ...rest.map((line) => indent + line)];
  };
  const examples = command.examples.map((example) => `  ${example}`);
  return [
    `${command.summary}`,
    '',
    `  ${synopsis(command)}`,
    '',
    ...command.operands.flatMap(({ name, help }) => described(name, help)),
    ...(command.operands.length > 0 ? [''] : []),
    'Options',
    ...entries.flatMap(([title, help]) => described(title, help)),
    '',
    'Examples',
    ...examples,
    '',
  ].join('\n');
}

function optionTitle(name: string, { short, value }: OptionSpec): string {
  const shortName = short === undefined ? '    ' : `-${short}, `;
  return `${shortName}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** All commands, one a line. */
export function programHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `spikelet ${version}: compressed neural networks on WebAssembly`,
    '',
    '  spikelet <command> [options]',
    '',
    'Commands',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    "'spikelet <command> --help' says more about one of them, 'spikelet --version' prints the version.",
    'Exit codes: 0 done, 1 the work failed, 2 the arguments are wrong, 130 stopped by Ctrl-C.',
    '',
  ].join('\n');
}
