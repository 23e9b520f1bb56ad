import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import {
  latencyOf,
  type ModelProfile,
  partition,
  type Schedule,
  simulate,
} from '../../src/pipeline/index.js';
import { instances } from './instances.js';

const seconds = [0.5, 1, 0.25, 0.75];

/** A stage a layer on devices 'd0', 'd1'...; `replicas` on the first stage. */
function scheduleOf(replicas = 1, delay = 0): Schedule {
  const stages = seconds.map((own, i) => ({
    devices: i === 0 ? Array.from({ length: replicas }, (_, r) => (r === 0 ? 'd0' : `d0.${r}`)) : [`d${i}`],
    type: 'board',
    begin: i,
    end: i + 1,
    seconds: own,
    memory: 0,
  }));
  const transfers = [...stages, undefined].map(
    () => ({ width: 'f32', bytes: 8, seconds: 0.125, delay }) as const,
  );
  return { model: 'four stages', batch: 2, stages, transfers };
}

describe('without jitter', () => {
  test('results come with the period that the partitioner gives, for any schedule', () => {
    fc.assert(
      fc.property(
        instances(5, 5),
        fc.integer({ min: 1, max: 3 }),
        ({ profile, devices, network }, mostReplicas) => {
          let answer: ReturnType<typeof partition>;
          try {
            answer = partition(profile, devices, network, { mostReplicas });
          } catch (error) {
            fc.pre(!(error instanceof SpikeletError));
            throw error;
          }
          const { period, items, delivered } = simulate(answer.schedule, { items: 240 });
          expect(delivered).toBe(items);
          expect(period).toBeCloseTo(answer.period, 9);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('the end of the inputs does not shorten the period where replicas wait for each other', () => {
    const [stage] = scheduleOf(3).stages;
    const transfer = { width: 'f32', bytes: 8, delay: 0 } as const;
    const { period } = simulate(
      {
        ...{ model: 'one stage', batch: 1 },
        stages: stage ? [{ ...stage, seconds: 3.875 }] : [],
        transfers: [0, 1.5].map((own) => ({ ...transfer, seconds: own })),
      },
      { items: 240 },
    );
    expect(period).toBe(1.5);
  });

  test('a queue of one micro-batch is enough where links do not delay', () => {
    expect(simulate(scheduleOf(), { credits: 1 }).period).toBe(1);
  });

  test('a single micro-batch takes the latency of the schedule', () => {
    const schedule = scheduleOf();
    const { latency, seconds: end } = simulate(schedule, { items: 1 });
    expect(latency.greatest).toBe(latencyOf(schedule));
    expect(end).toBe(3.125);
  });

  test('links on which much is under way need more credits', () => {
    expect(simulate(scheduleOf(1, 4), { credits: 1 }).period).toBeGreaterThan(4);
    expect(simulate(scheduleOf(1, 4)).period).toBe(1);
  });

  test('devices are as busy as their share of the bottleneck', () => {
    const { parts } = simulate(scheduleOf(), { items: 2000 });
    const stages = parts.filter(({ kind }) => kind === 'stage');
    for (const [i, { utilisation }] of stages.entries()) expect(utilisation).toBeCloseTo(seconds[i] ?? 0, 2);
  });

  test('inputs that come slowly wait for nothing', () => {
    const schedule = scheduleOf();
    const { latency, period } = simulate(schedule, { items: 50, interval: 2 });
    expect(latency.greatest).toBeCloseTo(latencyOf(schedule), 9);
    expect(period).toBe(2);
  });
});

describe('jitter', () => {
  test('follows from its seed', () => {
    const once = simulate(scheduleOf(), { jitter: 0.2, seed: 5 });
    expect(simulate(scheduleOf(), { jitter: 0.2, seed: 5 })).toEqual(once);
    expect(simulate(scheduleOf(), { jitter: 0.2, seed: 6 }).seconds).not.toBe(once.seconds);
  });

  test('makes a pipeline slower, longer queues make up for some of it', () => {
    const [short = 0, long = 0] = [1, 16].map(
      (credits) => simulate(balanced, { items: 4000, jitter: 0.25, credits }).period,
    );
    expect(short).toBeGreaterThan(long * 1.01);
    expect(long).toBeGreaterThan(0.99);
  });

  const balanced: Schedule = {
    ...scheduleOf(),
    stages: scheduleOf().stages.map((stage) => ({ ...stage, seconds: 1 })),
  };
});

const profile: ModelProfile = {
  model: 'six layers',
  batch: 1,
  inputs: [8],
  layers: Array.from({ length: 6 }, (_, i) => ({
    name: `layer ${i}`,
    seconds: { board: 0.5 },
    weightBytes: 0,
    peakBytes: 0,
    outputs: [8],
  })),
};
const devices = ['a', 'b', 'c'].map((name) => ({ name, type: 'board', memory: 1e6 }));
const network = { link: { bytesPerSecond: 256 } };

describe('a lost device', () => {
  test('leaves its work to the others of its stage', () => {
    const { delivered, lost, redone, period } = simulate(scheduleOf(3), {
      items: 300,
      losses: [{ device: 'd0.1', at: 20.3 }],
    });
    expect({ delivered, lost }).toEqual({ delivered: 300, lost: [] });
    expect(redone.length).toBeGreaterThan(0);
    expect(period).toBe(1);
  });

  test('without another plan ends the results', () => {
    const { schedule } = partition(profile, devices, network);
    const { delivered, lost, redone } = simulate(schedule, { items: 100, losses: [{ device: 'b', at: 20 }] });
    expect(delivered).toBeGreaterThan(10);
    expect(delivered).toBeLessThan(25);
    expect(lost).toHaveLength(100 - delivered);
    expect(redone).toEqual([]);
  });

  test('leads to a new plan, and every result comes once', () => {
    const { schedule } = partition(profile, devices, network);
    const left = (lost: readonly string[]): typeof devices =>
      devices.filter(({ name }) => !lost.includes(name));
    const outcome = simulate(schedule, {
      items: 100,
      losses: [
        { device: 'b', at: 20 },
        { device: 'c', at: 30 },
      ],
      detectSeconds: 0.5,
      restartSeconds: 1,
      replan: (lost) => partition(profile, left(lost), network).schedule,
    });
    expect(outcome.delivered).toBe(100);
    expect(outcome.lost).toEqual([]);
    expect(outcome.redone.length).toBeGreaterThan(1);
    expect(outcome.schedule.stages.map((stage) => stage.devices)).toEqual([['a']]);
    expect(outcome.period).toBe(3);
  });

  test('any losses at any time: every micro-batch has one result or is reported', () => {
    const losses = fc.array(
      fc.record({ device: fc.constantFrom('a', 'b', 'c'), at: fc.double({ min: 0, max: 40, noNaN: true }) }),
      { maxLength: 2 },
    );
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 3 }), fc.nat(), (list, mostReplicas, seed) => {
        const options = { mostReplicas };
        const { schedule } = partition(profile, devices, network, options);
        const { delivered, lost } = simulate(schedule, {
          items: 30,
          losses: list.filter(({ device }) =>
            schedule.stages.some((stage) => stage.devices.includes(device)),
          ),
          jitter: 0.2,
          seed,
          replan: (gone) => {
            const left = devices.filter(({ name }) => !gone.includes(name));
            return left.length > 0 ? partition(profile, left, network, options).schedule : undefined;
          },
        });
        expect(lost).toEqual([]);
        expect(delivered).toBe(30);
      }),
      { numRuns: 60 },
    );
  });
});

describe('wrong options', () => {
  test.each([
    [{ itmes: 3 }, "itmes: there is no such option; did you mean 'items'?"],
    [{ items: 0 }, 'items: must be an integer from 1'],
    [{ credits: 0 }, 'credits: must be an integer of at least 1'],
    [{ jitter: 0.5 }, 'jitter: must be a number from 0 to 0.28'],
    [{ losses: [{ device: 'x', at: 1 }] }, "losses[0].device: 'x' runs no stage"],
    [{ interval: Number.NaN }, 'interval: must be a number of seconds'],
    [
      { losses: [{ device: 'd1', at: 1 }], replan: () => scheduleOf() },
      "replan: gave a schedule with 'd1', which is lost",
    ],
  ])('%j', (options, message) => {
    expect(() => simulate(scheduleOf(), options as object)).toThrow(message);
  });
});
