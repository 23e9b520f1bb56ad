import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/program.js';
import { capture } from './capture.js';
import { colourFiles } from './models.js';

const { folder, model, data, picture } = colourFiles();

describe('the program', () => {
  it('shows its commands, its version, and help for each command', async () => {
    const help = await capture(['--help']);
    expect(help.code).toBe(0);
    for (const { name, summary } of commands) {
      expect(help.out).toContain(`${name}`);
      expect(help.out).toContain(summary);
      const own = await capture([name, '--help']);
      expect(own).toMatchObject({ code: 0, err: '' });
      expect(own.out).toContain(`spikelet ${name}`);
      expect(own.out.split('\n').every((line) => line.length <= 110)).toBe(true);
    }
    for (const ask of ['--version', '-v', '-V']) {
      expect((await capture([ask])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
    expect(await capture(['help', 'run'])).toEqual(await capture(['run', '--help']));
    expect(await capture(['help'])).toEqual(help);
    expect((await capture(['help', 'rum'])).err).toContain("did you mean 'run'?");
    expect((await capture(['run', '--help'])).out).toContain('spikelet run <model> --image <file> [options]');
    expect(await capture([])).toMatchObject({ code: 2, out: '' });
  });

  it('gives exit code 2 and the closest name for what it does not know', async () => {
    const command = await capture(['inspct', 'x']);
    expect(command).toMatchObject({ code: 2, out: '' });
    expect(command.err).toContain("did you mean 'inspect'?");
    const option = await capture(['eval', model, '--date', data]);
    expect(option.code).toBe(2);
    expect(option.err).toContain("did you mean '--data'?");
  });

  it('gives exit code 2 for arguments that are missing, too many or impossible', async () => {
    const wrong = [
      ['inspect'],
      ['inspect', model, 'other'],
      ['run', model],
      ['run', model, '--image'],
      ['run', model, '--image', picture, '--top', 'many'],
      ['run', model, '--image', picture, '--threads', '0'],
      ['eval', model],
      ['eval', model, '--data', data, '--limit', '0'],
      ['eval', model, '--data', data, '--data', data],
      ['eval', model, '--data', data, '--split', 'half'],
      ['profile', model, '--runs', '1.5'],
      ['bench', model, '--against', 'onnxruntime-web'],
      ['bench', model, '--against', 'abacus'],
      ['convert', model],
      ['convert', model, '-o', 'x', '--quantize', 'int9'],
      ['convert', model, '-o', 'x', '--quantize', 'int8'],
      ['convert', model, '-o', 'x', '--samples', '5'],
      ['convert', model, '-o', 'x', '--quantize', 'w4', '--calibrate', data, '--bits', 'conv'],
      ['convert', model, '-o', 'x', '--quantize', 'w4', '--calibrate', data, '--bits', 'conv=9'],
      ['convert', model, '-o', 'x', '--quantize', 'w4', '--calibrate', data, '--bits', 'convolution=4'],
      ['convert', model, '-o', 'x', '--mean', '1,2'],
      ['convert', model, '-o', 'x', '--labels', 'nothing'],
      ['inspect', model, '--shape', 'image'],
    ];
    for (const argv of wrong) {
      const { code, out, err } = await capture(argv);
      expect([argv.join(' '), code, out]).toEqual([argv.join(' '), 2, '']);
      expect(err).toContain(`spikelet ${argv[0]}: `);
    }
  });

  it('gives exit code 1 and names the file when the work fails', async () => {
    const damaged = join(folder, 'damaged.spikelet');
    writeFileSync(damaged, readFileSync(model).subarray(0, 300));
    for (const [path, text] of [
      ['missing.spikelet', 'missing.spikelet'],
      [damaged, 'damaged.spikelet'],
      [data, 'neither a .spikelet nor an .onnx'],
      [folder, 'is a folder'],
    ] as const) {
      const { code, out, err } = await capture(['inspect', path]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(text);
    }
    const failed = await capture(['run', model, '--image', data, '--json']);
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject({ error: { code: 'unsupported' } });
  });

  it('gives exit code 130 when it is interrupted', async () => {
    const signal = AbortSignal.abort();
    const target = join(folder, 'never.spikelet');
    const { code, out } = await capture(['convert', model, '-o', target], { signal });
    expect([code, out, existsSync(target)]).toEqual([130, '', false]);
    expect((await capture(['eval', model, '--data', data], { signal })).code).toBe(130);
    const shown = await capture(['run', model, '--image', picture, '--json'], { signal });
    expect(shown).toMatchObject({ code: 130, err: 'spikelet: interrupted\n' });
    expect(JSON.parse(shown.out)).toEqual({ error: { code: 'interrupted', message: 'interrupted' } });
  });
});
