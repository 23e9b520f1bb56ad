import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pack } from '../../src/format/index.js';
import { smallNet } from '../compress/nets.js';
import { pngOf, temporaryFolder, zipOf } from '../data/archives.js';
import { colourFiles } from './models.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs the built program as a shell would. */
function run(...argv: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe.skipIf(!existsSync(program))('the built program (skipped without dist/: npm run build)', () => {
  it('prints its version and help, and ends with the codes that it documents', { timeout: 60_000 }, () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    expect(run('convert', '--help')).toMatchObject({ code: 0, err: '' });
    expect(run('convert')).toMatchObject({ code: 2, out: '' });
    expect(run('inspect', 'nothing.spikelet')).toMatchObject({ code: 1, out: '' });
  });

  it('starts with the line that lets a shell run it', () => {
    expect(readFileSync(program, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  });

  it('converts, inspects, runs and evaluates', { timeout: 60_000 }, () => {
    const { folder, model, data, picture } = colourFiles();
    const small = join(folder, 'small.spikelet');
    expect(run('convert', model, '-o', small, '--quantize', 'w4', '--calibrate', data).code).toBe(0);
    expect(run('inspect', small).out).toContain('conv');
    const { results } = JSON.parse(run('run', small, '--image', picture, '--json').out);
    expect(results[0].classes[0].label).toBe('green');
    expect(JSON.parse(run('eval', small, '--data', data, '--json').out)).toMatchObject({
      images: 12,
      top1: 1,
    });
  });

  it('ends quietly when its reader goes away, and not where the output is lost', { timeout: 60_000 }, () => {
    const { model } = colourFiles();
    const shell = (line: string): { readonly code: number | null; readonly err: string } => {
      const { status, stderr } = spawnSync('sh', ['-c', line, process.execPath, program, model], {
        encoding: 'utf8',
      });
      return { code: status, err: stderr };
    };
    const quiet = { code: 0, err: '' };
    expect(shell('{ "$0" "$1" inspect "$2" --json; echo $? >&2; } | true')).toEqual({ code: 0, err: '0\n' });
    expect(shell('"$0" "$1" --help | head -1 >/dev/null')).toEqual(quiet);
    expect(shell('{ "$0" "$1" inspect nothing 2>&1; test $? = 1 || echo wrong code >&2; } | true')).toEqual(
      quiet,
    );
    if (!existsSync('/dev/full')) return;
    const full = shell('"$0" "$1" inspect "$2" >/dev/full');
    expect(full.code).toBe(1);
    expect(full.err).toContain('the output cannot be written');
  });

  it('stops at Ctrl-C in the middle of an evaluation', { timeout: 60_000 }, async () => {
    const { folder, model } = colourFiles();
    const picture = pngOf(256, 256, [250, 20, 20]);
    const pictures = Array.from({ length: 8000 }, (_, i) => [`red/${i}.png`, picture] as const);
    writeFileSync(join(folder, 'many.zip'), zipOf(Object.fromEntries(pictures)));
    const child = spawn(process.execPath, [
      program,
      'eval',
      model,
      '--data',
      join(folder, 'many.zip'),
      '--json',
    ]);
    let out = '';
    child.stdout.on('data', (text) => (out += text));
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'interrupted' } });
  });

  it('stops at Ctrl-C with code 130 and leaves nothing half written', async () => {
    const folder = temporaryFolder();
    const at = (name: string): string => join(folder, name);
    const net = { seed: 1, channels: 3, width: 48, size: 24, depthwise: false } as const;
    const picture = pngOf(24, 24, [5, 6, 7]);
    const pictures = Array.from({ length: 4000 }, (_, i) => [`cat/${i}.png`, picture] as const);
    writeFileSync(at('net.spikelet'), pack(smallNet({ ...net, residual: 'add', activation: 'relu' })));
    writeFileSync(at('data.zip'), zipOf(Object.fromEntries(pictures)));
    const options = ['--quantize', 'w2', '--calibrate', at('data.zip'), '--samples', '4000'];
    const child = spawn(process.execPath, [
      program,
      ...['convert', at('net.spikelet'), '-o', at('out.spikelet'), ...options],
    ]);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(readdirSync(folder).sort()).toEqual(['data.zip', 'net.spikelet']);
  }, 60_000);
});
