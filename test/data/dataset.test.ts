import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Dataset, type LabelledImage, matchClasses, sampleIndices } from '../../src/data/index.js';
import { openDataset } from '../../src/data/node.js';
import {
  binaryBatch,
  concatenated,
  pickle,
  pngOf,
  pythonBatch,
  pythonNames,
  tarGzOf,
  tarOf,
  temporaryFolder,
  zipOf,
} from './archives.js';

const names = ['airplane', 'bird', 'cat'];
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const root = temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return root;
}

async function all(dataset: Dataset): Promise<readonly LabelledImage[]> {
  const images: LabelledImage[] = [];
  for (let i = 0; i < dataset.length; i++) images.push(await dataset.read(i));
  dataset.close();
  return images;
}

const labelsOf = async (dataset: Dataset): Promise<readonly number[]> =>
  (await all(dataset)).map(({ label }) => label);

const classFolders = {
  'cat/1.png': pngOf(3, 2, [9, 8, 7]),
  'cat/2.PNG': pngOf(3, 2, [1, 2, 3]),
  'bird/b.png': pngOf(2, 2, [200, 100, 50]),
  'notes.txt': text('not a picture'),
};

describe('class folders', () => {
  const sources = {
    'a folder': () => folderOf(classFolders),
    'a stored zip': () => fileOf('data.zip', zipOf(classFolders)),
    'a deflated zip': () => fileOf('data.zip', zipOf(classFolders, 'deflated')),
    'a tar': () => fileOf('data.tar', tarOf(classFolders)),
    'a gzipped tar': () => fileOf('data.tar.gz', tarGzOf(classFolders)),
  };
  for (const [name, make] of Object.entries(sources)) {
    it(`come from ${name}`, async () => {
      const dataset = openDataset(make());
      expect(dataset.classes).toEqual(['bird', 'cat']);
      const images = await all(dataset);
      expect(images.map(({ label }) => label)).toEqual([0, 1, 1]);
      expect(images[0]?.pixels).toMatchObject({ width: 2, height: 2, channels: 3 });
      expect([...(images[0]?.pixels.data ?? [])]).toEqual([
        0, 0, 0, 200, 100, 50, 200, 100, 50, 200, 100, 50,
      ]);
      expect(images[1]?.name).toContain('cat/1.png');
    });
  }

  it('are those of the asked part where a data set comes in two', async () => {
    const [picture] = Object.values(classFolders);
    const files = {
      'all/train/cat/1.png': picture,
      'all/train/dog/1.png': picture,
      'all/test/cat/2.png': picture,
    };
    const path = fileOf('data.zip', zipOf(files as Record<string, Uint8Array>));
    expect(await labelsOf(openDataset(path, 'train'))).toEqual([0, 1]);
    expect(openDataset(path, 'test').length).toBe(1);
  });

  it('are found in the zip of the asked part', () => {
    const [picture = new Uint8Array()] = Object.values(classFolders);
    const root = folderOf({
      'train.zip': zipOf({ 'train/cat/1.png': picture, 'train/cat/2.png': picture }),
      'test.zip': zipOf({ 'test/cat/3.png': picture }),
    });
    expect(openDataset(root, 'train').length).toBe(2);
    expect(openDataset(root).length).toBe(1);
  });

  it('must hold pictures, all in a class', () => {
    expect(() => openDataset(folderOf({ 'readme.txt': text('hello') }))).toThrow(
      /holds no PNG or JPEG pictures, only 1 other file;/,
    );
    expect(() => openDataset(temporaryFolder())).toThrow('expected class folders such as cat/1.png');
    expect(() => openDataset(folderOf({ 'loose.png': pngOf(1, 1, [0, 0, 0]) }))).toThrow(
      "'loose.png' lies outside",
    );
    expect(() => openDataset('/nowhere/at/all')).toThrow('no such file or folder');
    expect(() => openDataset(fileOf('data.bin', text('what is this')))).toThrow(
      'neither a folder, a zip nor a tar',
    );
  });

  it('name the picture that cannot be read', async () => {
    const damaged = pngOf(4, 4, [1, 2, 3]).subarray(0, 40);
    const dataset = openDataset(folderOf({ 'cat/bad.png': damaged, 'cat/odd.jpg': text('no picture') }));
    await expect(dataset.read(0)).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(dataset.read(0)).rejects.toThrow('cat/bad.png');
    await expect(dataset.read(1)).rejects.toThrow(/cat\/odd\.jpg.*neither a PNG nor a JPEG/);
    await expect(dataset.read(2)).rejects.toThrow('there is no picture 2 of 2');
  });
});

describe('damaged archives', () => {
  const whole = zipOf({ 'cat/1.png': pngOf(3, 2, [9, 8, 7]) });

  it('are refused wherever they are cut off', () => {
    for (const length of [3, 10, 60, whole.length - 1]) {
      expect(() => openDataset(fileOf('cut.zip', whole.subarray(0, length)))).toThrow();
    }
    const tar = tarOf({ 'cat/1.png': new Uint8Array(2000) });
    expect(() => openDataset(fileOf('cut.tar', tar.subarray(0, 1500)))).toThrow(
      'reaches beyond the end at byte 0',
    );
    const gzip = tarGzOf({ 'a/1.png': new Uint8Array(5) });
    expect(() => openDataset(fileOf('cut.tar.gz', gzip.subarray(0, 20)))).toThrow('cannot be unpacked');
  });

  it('are noticed by their checksums', async () => {
    const changed = whole.slice();
    changed[60] = (changed[60] ?? 0) ^ 1;
    await expect(openDataset(fileOf('bad.zip', changed)).read(0)).rejects.toThrow('checksum');
    const tar = tarOf({ 'cat/1.png': new Uint8Array(10) });
    tar[3] = 1;
    expect(() => openDataset(fileOf('bad.tar', tar))).toThrow('no valid entry at byte 0');
  });

  it('cannot unpack to more than they say', async () => {
    const bomb = zipOf({ 'cat/1.png': new Uint8Array(1 << 20) }, 'deflated');
    const lying = bomb.slice();
    const view = new DataView(lying.buffer);
    const directory = view.getUint32(lying.length - 6, true);
    view.setUint32(directory + 24, 100, true);
    await expect(openDataset(fileOf('bomb.zip', lying)).read(0)).rejects.toThrow('cannot be inflated');
  });
});

describe('CIFAR as published', () => {
  const train = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}`, [i % 3, 2]] as const));
  const forms: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
    'the binary version': {
      'cifar-10-batches-bin/batches.meta.txt': text(`${names.join('\n')}\n\n`),
      'cifar-10-batches-bin/test_batch.bin': binaryBatch([2, 0, 1]),
      ...Object.fromEntries(
        Object.entries(train).map(([name, l]) => [`cifar-10-batches-bin/${name}.bin`, binaryBatch(l)]),
      ),
    },
    'the Python version': {
      'cifar-10-batches-py/batches.meta': pythonNames('label_names', names),
      'cifar-10-batches-py/test_batch': pythonBatch([2, 0, 1]),
      ...Object.fromEntries(
        Object.entries(train).map(([name, l]) => [`cifar-10-batches-py/${name}`, pythonBatch(l)]),
      ),
    },
  };
  for (const [form, files] of Object.entries(forms)) {
    it(`is read from ${form}, as archive and as folder`, async () => {
      for (const path of [fileOf('cifar.tar.gz', tarGzOf(files)), folderOf(files)]) {
        const dataset = openDataset(path, 'test');
        expect(dataset.classes).toEqual(names);
        const images = await all(dataset);
        expect(images.map(({ label }) => label)).toEqual([2, 0, 1]);
        expect(images[0]?.pixels).toMatchObject({ width: 32, height: 32, channels: 3 });
        expect([...(images[2]?.pixels.data.subarray(0, 6) ?? [])]).toEqual([10, 11, 12, 10, 11, 12]);
        expect(await labelsOf(openDataset(path, 'train'))).toEqual([1, 2, 2, 2, 0, 2, 1, 2, 2, 2]);
      }
    });
  }

  it('has CIFAR-100 with its fine labels', async () => {
    const binary = { 'fine_label_names.txt': text('apple\nbear\n'), 'test.bin': binaryBatch([1, 0], 2) };
    const python = {
      meta: pythonNames('fine_label_names', ['apple', 'bear']),
      test: pythonBatch([1, 0], 'fine_labels'),
    };
    for (const files of [binary, python]) {
      const dataset = openDataset(folderOf(files), 'test');
      expect(dataset.classes).toEqual(['apple', 'bear']);
      expect(await labelsOf(dataset)).toEqual([1, 0]);
      expect(() => openDataset(folderOf(files), 'train')).toThrow('fetch it again');
    }
  });

  it('is told from other data where a file of it is missing', () => {
    const without = (form: string, file: string): (() => Dataset) => {
      const { [file]: _, ...others } = forms[form] ?? {};
      return () => openDataset(fileOf('cifar.tar.gz', tarGzOf(others)));
    };
    expect(without('the binary version', 'cifar-10-batches-bin/batches.meta.txt')).toThrow(
      'holds data_batch_1.bin but not batches.meta.txt; fetch it again',
    );
    expect(without('the Python version', 'cifar-10-batches-py/batches.meta')).toThrow(
      'holds data_batch_1 but not batches.meta; fetch it again',
    );
    const alone = (file: string) => () => openDataset(fileOf('cifar.tar.gz', tarGzOf({ [file]: text('') })));
    expect(alone('test_batch.bin')).toThrow('holds test_batch.bin but not batches.meta.txt');
    expect(alone('batches.meta.txt')).toThrow('holds batches.meta.txt but not test_batch.bin');
    expect(alone('train.bin')).toThrow('holds train.bin but not fine_label_names.txt');
  });

  it('is not what a folder of pictures holds that has a file of such a name', () => {
    const dataset = openDataset(folderOf({ ...classFolders, train: text(''), 'test_batch.bin': text('') }));
    expect(dataset.classes).toEqual(['bird', 'cat']);
  });

  it('is refused when a batch is damaged or labels do not exist', () => {
    const meta = { 'batches.meta.txt': text('a\nb\n') };
    const cut = binaryBatch([0, 1]).subarray(0, 4000);
    expect(() => openDataset(folderOf({ ...meta, 'test_batch.bin': cut }))).toThrow(
      'not a whole CIFAR batch',
    );
    expect(() => openDataset(folderOf({ ...meta, 'test_batch.bin': binaryBatch([1, 2]) }))).toThrow(
      'picture 1 has class 2 of 2',
    );
  });

  it('never calls what a hostile pickle names', () => {
    const meta = { 'batches.meta': pythonNames('label_names', names) };
    const open = (batch: Uint8Array): Dataset => openDataset(folderOf({ ...meta, test_batch: batch }));
    const evil = concatenated(
      Uint8Array.of(0x80, 2),
      text('cos\nsystem\n'),
      pickle.text('exit'),
      Uint8Array.of(0x85, 0x52),
      text('.'),
    );
    expect(() => open(evil)).toThrow("'os.system', which does not belong");
    const good = pythonBatch([0, 1]);
    for (const length of [0, 1, 5, 30, 100, good.length - 1]) {
      expect(() => open(good.subarray(0, length))).toThrow(/pickle|holds no 'data'/);
    }
    const huge = concatenated(
      Uint8Array.of(0x80, 2),
      text('T'),
      Uint8Array.of(255, 255, 255, 255),
      text('.'),
    );
    expect(() => open(huge)).toThrow('the file ends too early');
    expect(() => open(pickle.file(pickle.int(3)))).toThrow('not of a dictionary');
  });
});

describe('sampling', () => {
  it('draws pictures by seed, without repetition, in order', () => {
    expect(sampleIndices(5, 9)).toEqual([0, 1, 2, 3, 4]);
    const drawn = sampleIndices(1000, 100, 3);
    expect(new Set(drawn).size).toBe(100);
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
    expect(sampleIndices(1000, 100, 3)).toEqual(drawn);
    expect(sampleIndices(1000, 100, 4)).not.toEqual(drawn);
  });

  it('draws every picture about as often', () => {
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const i of sampleIndices(20, 5, seed)) counts[i] = (counts[i] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
  });
});

describe('matching classes', () => {
  it('goes by name, whatever the order and spelling', () => {
    const dataset = { name: 'data', classes: ['cat', 'sea_lion'] };
    expect(matchClasses(dataset, ['Sea lion', 'dog', 'Cat'], 3)).toEqual([2, 0]);
  });

  it('needs as many classes as outputs where the model has no names', () => {
    const dataset = { name: 'data', classes: ['cat', 'dog'] };
    expect(matchClasses(dataset, undefined, 2)).toEqual([0, 1]);
    expect(() => matchClasses(dataset, undefined, 10)).toThrow('2 classes, the model 10 outputs');
  });

  it('says which classes the model does not know', () => {
    const dataset = { name: 'pets.zip', classes: ['cat', 'newt', 'eel'] };
    expect(() => matchClasses(dataset, ['cat', 'dog'], 2)).toThrow(
      'pets.zip: the model does not know the classes newt, eel; it knows cat, dog',
    );
  });
});
