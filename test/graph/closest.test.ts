import { describe, expect, test } from 'vitest';
import { knownNames } from '../../src/graph/closest.js';

describe('the end of a message about an unknown name', () => {
  test.each([
    ['thread', ['threads', 'signal'], "; did you mean 'threads'? (known: threads, signal)"],
    ['ONPROGRESS', ['onProgress'], "; did you mean 'onProgress'? (known: onProgress)"],
    ['quality', ['threads', 'signal'], ' (known: threads, signal)'],
    ['x', [], ' (known: none)'],
  ])('%s of %j', (name, known, text) => {
    expect(knownNames(name, known)).toBe(text);
  });

  test('lists the closest few where many are known', () => {
    const layers = Array.from({ length: 54 }, (_, i) => `layer${i}.conv`);
    const text = knownNames('layer17.con', layers);
    expect(text).toMatch(/^; did you mean 'layer17.conv'\? \(the closest of 54: layer17.conv, /);
    expect(text.split(', ')).toHaveLength(8);
  });

  test('is quick for names of any length', () => {
    const known = Array.from({ length: 50 }, (_, i) => `${'x'.repeat(100_000)}${i}`);
    expect(knownNames('y'.repeat(100_000), known)).toContain('the closest of 50');
  });
});
