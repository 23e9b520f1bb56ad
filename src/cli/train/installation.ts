import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages with their least versions, as pip takes them; those of tests are not needed. */
function requirements(tools: string): readonly string[] {
  const lines = readFileSync(join(tools, 'requirements.txt'), 'utf8').split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('pytest'));
}

const environment = 'spikelet-python';

/** How to get what trainings need on a platform, a line each. */
export function installation(tools: string, platform: NodeJS.Platform): readonly string[] {
  const packages = requirements(tools)
    .map((requirement) => `"${requirement}"`)
    .join(' ');
  const into = (python: string, folder: string, separator: string): readonly string[] => [
    `  ${python} -m venv ${folder}`,
    `  ${folder}${separator}pip install ${packages}`,
    `  spikelet train ... --python ${folder}${separator}python`,
  ];
  const last = 'SPIKELET_PYTHON=<path> chooses a Python as --python does';
  switch (platform) {
    case 'win32':
      return [
        'to install it:',
        '  winget install Python.Python.3.12',
        ...into('py -3', environment, '\\Scripts\\'),
        last,
      ];
    case 'darwin':
      return ['to install it:', '  brew install python', ...into('python3', environment, '/bin/'), last];
    default:
      return [
        'to install it on Debian or Ubuntu:',
        '  sudo apt install python3-torch python3-numpy python3-scipy python3-pil',
        'or anywhere, in an environment of its own:',
        ...into('python3', environment, '/bin/'),
        last,
      ];
  }
}
