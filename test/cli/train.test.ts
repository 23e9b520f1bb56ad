import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { candidates } from '../../src/cli/train/python.js';
import { temporaryFolder } from '../data/archives.js';
import { type Captured, capture } from './capture.js';
import { fakePython } from './fake-python.js';
import { colourFiles } from './models.js';

const { folder, data } = colourFiles();
const python = fakePython({});
const out = join(folder, 'out');

const train = (...words: readonly string[]): Promise<Captured> =>
  capture(['train', 'bmpq', '--data', data, '--out', out, '--python', python, ...words]);

describe('arguments of train', () => {
  it.each<[what: string, argv: readonly string[], message: string]>([
    ['no method', [], 'train needs <method>: float (train a float network), bmpq'],
    [
      'an unknown method',
      ['bmqp'],
      "there is no method 'bmqp'; did you mean 'bmpq'? (known: float, bmpq, dnr, qat, snn)",
    ],
    ['an option first', ['--python', 'x', 'bmpq'], 'the method comes before --python'],
    [
      'an option that the method has not',
      ['bmpq', '--python', python, '--epoch', '3'],
      "train bmpq has no option --epoch; did you mean '--epochs'? (known: --data, --out, --model",
    ],
    ['no data', ['bmpq', '--python', python, '--out', out], 'train bmpq needs --data <path>'],
    [
      'a word for an integer',
      ['bmpq', '--python', python, '--out', out, '--data', data, '--epochs', 'many'],
      "--epochs must be an integer, got 'many'",
    ],
    [
      'a word for a number',
      ['bmpq', '--python', python, '--out', out, '--data', data, '--rate', 'fast'],
      "--rate must be a number, got 'fast'",
    ],
    [
      'quantization after a training that quantizes',
      ['bmpq', '--python', python, '--out', out, '--data', data, '--quantize', 'w4'],
      'train bmpq has no option --quantize',
    ],
  ])('%s: exit code 2 and what would be right', async (_, argv, message) => {
    const { code, out: printed, err } = await capture(['train', ...argv]);
    expect(err).toContain(message);
    expect({ code, printed }).toEqual({ code: 2, printed: '' });
  });

  it('are listed by --help, those of the method by the help of the method', async () => {
    expect((await capture(['train', '--help'])).out).toContain('bmpq (train a network with a bit width');
    const { code, out: help } = await capture(['train', 'dnr', '--python', python, '--help']);
    expect(code).toBe(0);
    for (const words of [
      'spikelet train dnr --data <path> --out <folder> [options]',
      '--rate <x>',
      '--epochs <n>',
    ])
      expect(help).toContain(words);
    expect(help).toMatch(/--quantize <scheme>.*default int8/s);
  });

  it('reach Python as they were given', async () => {
    const { err } = await train('--model', 'arguments', '--rate', '-1.5', '--epochs=3', '--per-channel');
    const told = [
      `--data=${data}`,
      `--out=${out}`,
      '--model=arguments',
      '--epochs=3',
      '--rate=-1.5',
      '--per-channel',
    ];
    expect(err).toContain(JSON.stringify(['bmpq', ...told]).slice(1));
  });

  it('must name data that can be read and a folder, before anything is trained', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const [words, message] of [
      [['--data', join(folder, 'nothing'), '--out', out], 'nothing'],
      [['--data', data, '--out', file], 'is no folder, but --out must be one'],
    ] as const) {
      const { code, err } = await capture(['train', 'float', '--python', python, ...words]);
      expect(code).toBe(1);
      expect(err).toContain(message);
      expect(err).not.toContain('training');
    }
  });
});

describe('a Python that will not do', () => {
  const refusal = async (wanted: string): Promise<Captured> => capture(['train', 'bmpq', '--python', wanted]);

  it.each<[what: string, wanted: () => string, reason: string]>([
    ['is not there', () => join(folder, 'no-python'), 'does not run'],
    ['has no PyTorch', () => fakePython({ torch: null }), 'Python 3.12.1 has no torch'],
    [
      'has an old PyTorch',
      () => fakePython({ torch: '1.4.0' }),
      'Python 3.12.1 has torch 1.4.0, older than 1.13',
    ],
    [
      'is old',
      () => fakePython({ version: '3.6.2', versionEnough: false }),
      'is Python 3.6.2, older than 3.9',
    ],
    ['is something else', () => '/bin/echo', 'is no Python'],
  ])('%s: exit code 1, why, and how to install what is missing', async (_, wanted, reason) => {
    const path = wanted();
    const { code, out: printed, err } = await refusal(path);
    expect({ code, printed }).toEqual({ code: 1, printed: '' });
    expect(err).toContain(`${path}: ${reason}`);
    expect(err).toMatch(/-m venv .*\n.*pip install "torch>=1\.13" "numpy>=/);
    if (process.platform === 'linux') expect(err).toContain('sudo apt install python3-torch');
  });

  it('is told to programs with a stable code', async () => {
    const { out: printed } = await capture([
      'train',
      'bmpq',
      '--json',
      '--python',
      fakePython({ torch: null }),
    ]);
    expect(JSON.parse(printed)).toMatchObject({ error: { code: 'missing-dependency' } });
  });

  it('says itself why PyTorch does not start', async () => {
    const { code, err } = await refusal(fakePython({ broken: 'libtorch.so: no such file' }));
    expect(code).toBe(1);
    expect(err).toContain('cannot start the training tools:\nlibtorch.so: no such file');
  });

  it('is passed over for the next on PATH', () => {
    const [bad, good] = [fakePython({ torch: null }), fakePython({})];
    const found = candidates({ PATH: `${dirname(bad)}:${dirname(good)}` }, 'linux').map(([path]) => path);
    expect(found.slice(0, 2)).toEqual([bad, good]);
  });

  it('counts once, whatever its names', () => {
    const python = fakePython({});
    const [bin, environment] = [dirname(python), temporaryFolder()];
    symlinkSync(python, join(bin, 'python'));
    mkdirSync(join(environment, 'bin'));
    symlinkSync(python, join(environment, 'bin/python3'));
    const env = { PATH: `${bin}:${bin}`, VIRTUAL_ENV: environment };
    const own = candidates(env, 'linux').filter(([path = '']) => !path.startsWith('/usr'));
    expect(own).toEqual([[join(environment, 'bin/python3')], [python]]);
  });
});

describe('a training that fails', () => {
  it.each([
    ['option-range', 2, 'invalid-option'],
    ['budget-infeasible', 2, 'invalid-option'],
    ['checkpoint-options', 2, 'invalid-option'],
    ['data-damaged', 1, 'invalid-input'],
    ['training-diverged', 1, 'training-failed'],
  ])('with %s ends with code %i', async (theirs, code, own) => {
    const failing = fakePython({ failure: theirs });
    const words = ['--data', data, '--out', out, '--python', failing, '--model', 'code', '--json'];
    const result = await capture(['train', 'bmpq', ...words]);
    expect(result.code).toBe(code);
    expect(JSON.parse(result.out)).toEqual({ error: { code: own, message: 'rate is 7;\nit must be less' } });
    expect(result.err).toContain('epoch 1/2\nspikelet train bmpq: rate is 7;\nit must be less\n');
  });

  it('without a word of its own is shown as it is', async () => {
    const { code, err } = await train('--model', 'crash');
    expect(code).toBe(1);
    expect(err).toContain('Traceback: boom\n');
    expect(err).toContain('Python ended with exit code 1; what it said is above');
  });

  it('for lack of memory says so', async () => {
    const { code, err } = await train('--model', 'killed');
    expect(code).toBe(1);
    expect(err).toMatch(/was ended by SIGKILL.*out of memory.*--batch/);
  });
});

describe('Ctrl-C', () => {
  async function interrupted(model: string, ready: RegExp): Promise<Captured> {
    const place = join(temporaryFolder(), 'out');
    const controller = new AbortController();
    const words = ['--data', data, '--out', place, '--python', python, '--model', model];
    const signal = controller.signal;
    const onText = (text: string): void => {
      if (ready.test(text)) controller.abort();
    };
    return capture(['train', 'bmpq', ...words], { signal, onText });
  }

  it('ends Python, keeps the checkpoint and says how to go on', async () => {
    const { code, out: printed, err } = await interrupted('slow', /^epoch 1 {2}loss/);
    expect({ code, printed }).toEqual({ code: 130, printed: '' });
    expect(err).toContain('epoch 1  loss 1.500  train 25.0 %  test 50.0 %  rate 0.10  4 s');
    expect(err).toMatch(
      /checkpoint\.pt has the training after epoch 1; the same command goes on from there:\n/,
    );
    expect(err).toMatch(/ {2}spikelet train bmpq --data \S+ --out \S+ --python \S+ --model slow\n/);
    expect(err).not.toContain('in its own words');
    expect(err).toMatch(/interrupted\n$/);
  });

  it('before the first epoch says that there is nothing to go on from', async () => {
    const { code, err } = await interrupted('stuck', /^training/);
    expect(code).toBe(130);
    expect(err).toContain('no epoch was finished; the same command begins anew:');
  });
});

describe('requirements of trainings', () => {
  const tools = join(import.meta.dirname, '../../tools/train');
  const system = '/usr/bin/python3';

  it.skipIf(!existsSync(system))('are told by any Python (skipped without /usr/bin/python3)', () => {
    const report = JSON.parse(
      execFileSync(system, [join(tools, 'check_requirements.py')], { encoding: 'utf8' }),
    );
    expect(report.python).toMatchObject({ needed: '3.9', enough: expect.any(Boolean) });
    const names = report.packages.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(['torch', 'numpy', 'scipy', 'pillow']);
  });
});
