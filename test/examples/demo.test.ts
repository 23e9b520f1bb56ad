import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../examples/demo/classify.js';
import type { Contender } from '../../examples/demo/contender.js';
import { reportHtml } from '../../examples/demo/report/page.js';
import { columns, linesOf, notesOf, textTable } from '../../examples/demo/table.js';

function outcome(
  engine: Contender['engine'],
  precision: string,
  kernels: Contender['kernels'],
  milliseconds: number,
  bits = 8,
): Outcome {
  const calls = { classify: () => Promise.resolve(new Float32Array()), close: () => Promise.resolve() };
  return {
    contender: { engine, precision, kernels, fileBytes: 2_000_000, bits, ...calls },
    scores: [],
    top1: 0.9,
    milliseconds,
  };
}

const outcomes = (kernels: Contender['kernels']): readonly Outcome[] => [
  outcome('spikelet', 'fp32', kernels, 20),
  outcome('spikelet', 'int8', kernels, 10),
  outcome('spikelet', 'w4a8', kernels, 8),
  outcome('onnxruntime-web', 'fp32', 'fixed SIMD', 40),
  outcome('onnxruntime-web', 'int8', 'fixed SIMD', 30),
];

describe("the demo's table", () => {
  test('compares every model with both of the other engine', () => {
    const lines = linesOf(outcomes('fixed SIMD'));
    expect(lines.map(({ overFloat, overInteger }) => [overFloat, overInteger])).toEqual([
      ['2.00x', '1.50x'],
      ['4.00x', '3.00x'],
      ['5.00x', '3.75x'],
      ['', '0.75x'],
      ['1.33x', ''],
    ]);
    const rows = textTable(lines).split('\n');
    expect(rows[0]).toMatch(new RegExp(Object.values(columns).join(' +')));
    expect(rows).toHaveLength(7);
  });

  test('says where fp32 is stored in 16 bits, next to 32', () => {
    const files = (bits: number) => [
      outcome('spikelet', 'fp32', 'fixed SIMD', 20, bits),
      outcome('onnxruntime-web', 'fp32', 'fixed SIMD', 40, 32),
    ];
    expect(notesOf(files(16)).join('\n')).toContain(
      'fp32, stored in 16 bits; that of onnxruntime-web stores 32',
    );
    expect(notesOf(files(32)).join('\n')).not.toContain('16 bits;');
    const gallery = {
      labels: [],
      samples: [],
      pixels: [],
      shown: outcome('spikelet', 'fp32', 'fixed SIMD', 20, 16),
      others: [],
    };
    const page = reportHtml({ title: 'x', circumstances: 'y', outcomes: files(16), gallery });
    expect(page).toContain('fp32, stored in 16 bits');
  });

  test('compares a sparse network with the same one whose zeros the other engine computes', () => {
    const sparse = [
      outcome('spikelet', 'dnr', 'fixed SIMD', 5),
      outcome('onnxruntime-web', 'int8', 'fixed SIMD', 30),
    ];
    expect(linesOf(sparse).map(({ overInteger }) => overInteger)).toEqual(['6.00x', '']);
    expect(notesOf(sparse).join('\n')).toContain('dnr: weights of 8 bits, most of them zero');
    expect(notesOf(outcomes('fixed SIMD')).join('\n')).not.toContain('dnr');
    const gallery = {
      labels: [],
      samples: [],
      pixels: [],
      shown: outcome('spikelet', 'dnr', 'fixed SIMD', 5),
      others: [],
    };
    const page = reportHtml({ title: 'x', circumstances: 'y', outcomes: sparse, gallery });
    expect(page).toContain('<strong>6.0x</strong><span>as fast as onnxruntime-web in int8</span>');
  });

  test('says that a newer Node has what makes int8 faster, where this one lacks it', () => {
    const newer = 'a newer one runs int8 faster because it has them';
    expect(notesOf(outcomes('fixed SIMD')).join()).toContain(newer);
    expect(notesOf(outcomes('relaxed SIMD')).join()).not.toContain(newer);
  });

  test.each(['fixed SIMD', 'relaxed SIMD'] as const)('says in plain words what it calls %s', (kernels) => {
    const shown = outcomes(kernels);
    const notes = notesOf(shown);
    for (const { contender } of shown) {
      expect(notes.filter((note) => note.startsWith(`${contender.kernels}: `))).toHaveLength(1);
    }
    expect(notes.some((note) => note.startsWith('w4a8: weights of 4 bits'))).toBe(true);
    expect(notes.some((note) => note.startsWith('vs ort: '))).toBe(true);
    expect(notesOf(shown.slice(0, 2)).join()).not.toContain('w4a8');
    expect(notes.join()).not.toContain('bmpq');
    expect(notesOf([outcome('spikelet', 'bmpq', kernels, 8)]).join()).toContain(
      'bmpq: weights of 2 or 4 bits',
    );
    expect(`${textTable(linesOf(shown))}${notes.join('\n')}`).not.toMatch(/i16|usdot|sdot/);
  });
});
