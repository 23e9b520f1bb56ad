import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { swapFolder } from '../../tools/build/swap.mjs';

let folder = '';
const place = () => join(folder, 'dist');

function fill(path: string, file: string): string {
  mkdirSync(path);
  writeFileSync(join(path, file), file);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swap-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a built folder takes the place of the one before it, of which nothing remains', () => {
  fill(place(), 'old.js');
  swapFolder(fill(join(folder, 'built'), 'new.js'), place());
  expect(readdirSync(place())).toEqual(['new.js']);
  expect(readdirSync(folder)).toEqual(['dist']);
});

test('a built folder is put where there is none yet', () => {
  swapFolder(fill(join(folder, 'built'), 'new.js'), place());
  expect(readdirSync(place())).toEqual(['new.js']);
});

test('what stands is left alone when there is nothing to put in its place', () => {
  fill(place(), 'old.js');
  expect(() => swapFolder(join(folder, 'built'), place())).toThrow(/ENOENT/);
  expect(existsSync(join(place(), 'old.js'))).toBe(true);
});
