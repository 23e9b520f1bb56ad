import { describe, expect, test } from 'vitest';
import {
  type Device,
  explain,
  type ModelProfile,
  type PartitionOptions,
  partition,
  place,
  simulate,
  timeline,
} from '../../src/pipeline/index.js';

const profile: ModelProfile = {
  model: 'seven <layers>',
  batch: 2,
  inputs: [4],
  layers: Array.from({ length: 7 }, (_, i) => ({
    name: `layer ${i + 1}`,
    seconds: { board: 1, phone: 0.5 },
    weightBytes: 100,
    peakBytes: 0,
    outputs: [4],
  })),
};
const board = (name: string): Device => ({ name, type: 'board', memory: 1e4 });
const devices = [board('a'), board('b'), { name: 'c', type: 'phone', memory: 1e4 }];

describe('an answer', () => {
  const answer = partition(profile, devices);

  test('says who runs what, how much of the time, and what is slowest', () => {
    expect(answer).toMatchObject({ period: 2, throughput: 1, latency: 5, accuracyCost: 0, unused: [] });
    expect(answer.bottleneck).toMatchObject({ kind: 'stage', period: 2 });
  });

  test('is explained, with what one more device of each type would bring', () => {
    const { parts, prospects, text } = explain(answer, profile, devices);
    expect(parts.filter(({ kind }) => kind === 'stage').map(({ load }) => load)).toHaveLength(3);
    expect(prospects).toEqual([
      { change: 'device', of: 'phone', seconds: 1.5, gain: 2 / 1.5 },
      { change: 'device', of: 'board', seconds: 2, gain: 1 },
    ]);
    expect(text).toContain('The bottleneck is stage');
    expect(text).toContain('One more device of type phone would bring 33.3 % more throughput (1.5000 s).');
    expect(text).toContain('One more device of type board would bring nothing.');
  });

  test('with a limit says what a higher one would bring', () => {
    const options = { mostDevices: 1 };
    const { prospects } = explain(partition(profile, devices, {}, options), profile, devices, {}, options);
    expect(prospects).toContainEqual({ change: 'limit', of: '2', seconds: 2.5, gain: 1.4 });
  });

  test('names devices of types that were not measured', () => {
    const { warnings, unused } = partition(profile, [...devices, { name: 'd', type: 'tv', memory: 1e4 }]);
    expect(warnings).toEqual(["the profile has no times on devices of type 'tv': left out"]);
    expect(unused).toEqual([]);
  });
});

describe('a question that cannot be answered', () => {
  const ask =
    (list: readonly Device[], options: object = {}) =>
    () =>
      partition(profile, list, {}, options as PartitionOptions);

  test.each([
    [
      'too little memory',
      ask([{ ...board('a'), memory: 120 }]),
      'out-of-memory',
      "layer 1 'layer 1': fits into no",
    ],
    [
      'too little together',
      ask([{ ...board('a'), memory: 500 }]),
      'out-of-memory',
      'keeps within the memory',
    ],
    [
      'no measured type',
      ask([{ ...board('a'), type: 'tv' }]),
      'invalid-input',
      'measured on none of the types tv',
    ],
    ['an unknown option', ask(devices, { mostDevice: 1 }), 'invalid-option', "did you mean 'mostDevices'?"],
    ['no devices allowed', ask(devices, { mostDevices: 0 }), 'invalid-option', 'an integer of at least 1'],
    [
      'a limit without its objective',
      ask(devices, { periodLimit: 1 }),
      'invalid-option',
      "objective 'latency'",
    ],
    [
      'a limit below all periods',
      ask(devices, { objective: 'latency', periodLimit: 0.1 }),
      'invalid-option',
      '0.1 s between two micro-batches',
    ],
    [
      'a cost list of the wrong length',
      ask(devices, { accuracy: { costs: { 8: [1] }, bound: 1 } }),
      'invalid-option',
      'accuracy.costs.8: must have 6 entries, one for each cut between two layers, got 1',
    ],
    [
      'an unknown width',
      ask(devices, { accuracy: { costs: { 5: 1 }, bound: 1 } }),
      'invalid-option',
      'accuracy.costs.5: is no width',
    ],
  ])('%s', (_, work, code, message) => {
    expect(work).toThrow(expect.objectContaining({ code }));
    expect(work).toThrow(message);
  });

  test('because of too many kinds of devices says what the limit is', () => {
    const unlike = Array.from({ length: 20 }, (_, i) => ({ ...board(`d${i}`), bytesPerSecond: 1e6 + i }));
    expect(() => partition(profile, unlike)).toThrow(expect.objectContaining({ code: 'unsupported' }));
    expect(() => partition(profile, unlike)).toThrow('more than 16777216 states');
  });

  test.each([
    [[{ devices: ['a'], layers: 5 }], 'must share out 7 layers'],
    [[{ devices: ['x'], layers: 7 }], "there is no device 'x'"],
    [[{ devices: ['a', 'c'], layers: 7 }], 'must be of one type'],
    [
      [
        { devices: ['a'], layers: 3 },
        { devices: ['a'], layers: 4 },
      ],
      'use a device twice',
    ],
  ])('places %j', (places, message) => {
    expect(() => place(profile, devices, {}, places)).toThrow(message);
  });
});

describe('a timeline', () => {
  const { schedule } = partition(profile, devices, { link: { bytesPerSecond: 64, latency: 0.1 } });

  test('has a row for each device and a bar for each micro-batch and step', () => {
    const text = timeline(schedule, { items: 5 });
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(text.match(/class="device"/g)).toHaveLength(3);
    expect(text.match(/ computes on /g)).toHaveLength(15);
    expect(text.match(/ leaves /g)).toHaveLength(10);
    expect(text).toContain('bottleneck');
  });

  test('escapes names and needs nothing from elsewhere', () => {
    const text = timeline(schedule);
    expect(text).toContain('seven &lt;layers&gt;');
    expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|<script|@import/);
  });

  test('of a simulation shows what was simulated', () => {
    const simulation = simulate(schedule, { items: 9, jitter: 0.2, trace: true });
    expect(timeline(simulation).match(/ computes on /g)).toHaveLength(27);
    expect(() => timeline(simulate(schedule))).toThrow('simulate with { trace: true }');
  });

  test.each([
    [{ width: 10 }, 'width: must be an integer of at least 400'],
    [{ hight: 10 }, 'hight: there is no such option'],
  ])('with %j is refused', (options, message) => {
    expect(() => timeline(schedule, options as object)).toThrow(message);
  });
});
