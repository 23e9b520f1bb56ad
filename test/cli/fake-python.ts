import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../data/archives.js';

/** What a program that pretends to be Python says of itself. */
export interface FakePython {
  readonly version?: string;
  readonly versionEnough?: boolean;
  readonly torch?: string | null;
  /** What describe_methods.py writes to stderr before it fails. */
  readonly broken?: string;
  /** The code that the model 'code' fails with. */
  readonly failure?: string;
}

const option = (name: string, kind: string, required = false) => ({ name, kind, help: name, required });
const options = [
  option('data', 'text', true),
  option('out', 'text', true),
  option('model', 'text'),
  option('epochs', 'integer'),
  option('rate', 'number'),
  option('per-channel', 'switch'),
];
const method = { summary: 'trains nothing', options };

/** Ends as `--model` says, so that each end of a training can be seen without one. */
const training = (failure: string): string => `
  const { appendFileSync, writeFileSync } = require('node:fs');
  const value = (name) => process.argv.find((word) => word.startsWith(name + '='))?.slice(name.length + 1);
  const model = value('--model');
  const say = (text) => process.stderr.write(text);
  const epoch = (n) => {
    appendFileSync(value('--out') + '/log.jsonl', JSON.stringify({ event: 'epoch', epoch: n, loss: 1.5,
      train_accuracy: 0.25, test_accuracy: 0.5, rate: 0.1, train_seconds: 3, test_seconds: 1 }) + '\\n');
    writeFileSync(value('--out') + '/checkpoint.pt', '');
  };
  const ends = {
    arguments: () => { say(JSON.stringify(process.argv.slice(2))); process.exit(3); },
    code: () => { say('epoch 1/2\\nerror (${failure}): rate is 7;\\nit must be less\\n'); process.exit(1); },
    crash: () => { say('Traceback: boom\\n'); process.exit(1); },
    killed: () => process.kill(process.pid, 'SIGKILL'),
    slow: () => { epoch(1); },
    stuck: () => {},
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => { say('interrupted, in its own words\\n'); process.exit(130); });
  }
  setInterval(() => undefined, 1000);
  say('training ' + model + '\\n');
  ends[model]();
`;

/** A program that answers as Python with the training tools would, and its folder. */
export function fakePython({
  version = '3.12.1',
  versionEnough = true,
  torch = '2.4.0',
  broken,
  failure = 'option-range',
}: FakePython): string {
  const path = join(temporaryFolder(), 'python3');
  const requirements = {
    python: { needed: '3.9', found: version, enough: versionEnough },
    packages: versionEnough
      ? [
          { name: 'torch', needed: '1.13', found: torch, enough: torch !== null && !torch.startsWith('1.') },
          { name: 'numpy', needed: '1.24', found: '2.0.0', enough: true },
        ]
      : [],
  };
  const description = {
    ...{ tool: '0.1.0', python: version, torch },
    methods: { float: method, bmpq: method, dnr: method },
  };
  const script = `#!${process.execPath}
const script = process.argv[2].split('/').at(-1);
if (script === 'check_requirements.py') console.log(${JSON.stringify(JSON.stringify(requirements))});
else if (script === 'describe_methods.py') {
  ${broken === undefined ? '' : `console.error(${JSON.stringify(broken)}); process.exit(1);`}
  console.log(${JSON.stringify(JSON.stringify(description))});
} else { ${training(failure)} }
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}
