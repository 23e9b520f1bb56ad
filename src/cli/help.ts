import { type Command, commonOptions, type OptionSpec } from './command.js';

const synopsis = ({ name, operands }: Command): string =>
  ['spikelet', name, ...operands, '[options]'].join(' ');

const widestLine = 100;

/** What a command is for, its options and examples. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...commonOptions });
  const titles = options.map(([name, spec]) => optionTitle(name, spec));
  const width = Math.max(...titles.map((title) => title.length));
  const lines = options.flatMap(([, { help }], i) => {
    const [first = '', ...rest] = wrapped(help, widestLine - width - 4);
    const indent = ' '.repeat(width + 4);
    return [`  ${(titles[i] ?? '').padEnd(width)}  ${first}`, ...rest.map((line) => indent + line)];
  });
  const examples = command.examples.map((example) => `  ${example}`);
  return [
    `${command.summary}`,
    '',
    `  ${synopsis(command)}`,
    '',
    'Options',
    ...lines,
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
    '',
  ].join('\n');
}
