import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import {
  type Partition,
  type PartitionOptions,
  paretoFront,
  partition,
  periodOf,
} from '../../src/pipeline/index.js';
import { everyOutcome, frontOf, type Outcome } from './brute-force.js';
import { accuracies, type Instance, instances } from './instances.js';

const runs = { numRuns: 150 };

/** The answer, or undefined where it is that there is none. */
function answerOf({ profile, devices, network }: Instance, options: PartitionOptions): Partition | undefined {
  try {
    return partition(profile, devices, network, options);
  } catch (error) {
    if (error instanceof SpikeletError && ['out-of-memory', 'invalid-option'].includes(error.code))
      return undefined;
    throw error;
  }
}

const outcomesOf = ({ profile, devices, network }: Instance, options: PartitionOptions): readonly Outcome[] =>
  everyOutcome(profile, devices, network, options);

const least = (values: readonly number[]): number | undefined =>
  values.length > 0 ? Math.min(...values) : undefined;

/** Compares the least period, and the least latency or cost that goes with it, with those of all schedules. */
function checkPeriod(instance: Instance, options: PartitionOptions): void {
  const outcomes = outcomesOf(instance, options);
  const answer = answerOf(instance, options);
  const period = least(outcomes.map((outcome) => outcome.period));
  expect(answer?.period).toBe(period);
  if (answer === undefined) return;
  expect(periodOf(answer.schedule)).toBe(period);
  const best = outcomes.filter((outcome) => outcome.period === period);
  if (options.accuracy) expect(answer.accuracyCost).toBe(least(best.map(({ cost }) => cost)));
  else expect(answer.latency).toBe(least(best.map(({ latency }) => latency)));
}

describe('partition gives what the best of all schedules has', () => {
  test('for any devices and links', () => {
    fc.assert(
      fc.property(instances(5, 4), (instance) => checkPeriod(instance, {})),
      runs,
    );
  });

  test('on at most k devices', () => {
    fc.assert(
      fc.property(instances(5, 4), fc.integer({ min: 1, max: 4 }), (instance, mostDevices) =>
        checkPeriod(instance, { mostDevices }),
      ),
      runs,
    );
  });

  test('with other buffers', () => {
    fc.assert(
      fc.property(instances(5, 3), fc.nat(2), fc.nat(2), (instance, receive, send) =>
        checkPeriod(instance, { buffers: { receive, send } }),
      ),
      runs,
    );
  });

  test('with stages on several devices of a type', () => {
    fc.assert(
      fc.property(instances(4, 4), fc.integer({ min: 2, max: 4 }), (instance, mostReplicas) =>
        checkPeriod(instance, { mostReplicas }),
      ),
      runs,
    );
  });

  test('with activations of fewer bits', () => {
    const cases = instances(4, 3).chain((instance) =>
      fc.tuple(fc.constant(instance), accuracies(instance.profile.layers.length)),
    );
    fc.assert(
      fc.property(cases, ([instance, accuracy]) => checkPeriod(instance, { accuracy })),
      runs,
    );
  });

  test('with all of it together', () => {
    const cases = instances(4, 3).chain((instance) =>
      fc.tuple(
        fc.constant(instance),
        accuracies(instance.profile.layers.length),
        fc.integer({ min: 1, max: 3 }),
      ),
    );
    fc.assert(
      fc.property(cases, ([instance, accuracy, mostDevices]) =>
        checkPeriod(instance, { accuracy, mostDevices, mostReplicas: 2 }),
      ),
      runs,
    );
  });

  test('when the latency counts, also below a limit of the period and with fewer bits', () => {
    const cases = instances(4, 3).chain((instance) =>
      fc.tuple(
        fc.constant(instance),
        fc.option(accuracies(instance.profile.layers.length), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
      ),
    );
    fc.assert(
      fc.property(cases, ([instance, accuracy, limit]) => {
        const options = { objective: 'latency', accuracy, periodLimit: limit && limit / 8 } as const;
        const within = outcomesOf(instance, options).filter(
          ({ period }) => period <= (options.periodLimit ?? 1e9),
        );
        expect(answerOf(instance, options)?.latency).toBe(least(within.map(({ latency }) => latency)));
      }),
      runs,
    );
  });

  test('for every trade-off between period and latency', () => {
    const cases = instances(4, 3).chain((instance) =>
      fc.tuple(
        fc.constant(instance),
        fc.option(accuracies(instance.profile.layers.length), { nil: undefined }),
        fc.integer({ min: 1, max: 2 }),
      ),
    );
    fc.assert(
      fc.property(cases, ([instance, accuracy, mostReplicas]) => {
        const options = { accuracy, mostReplicas };
        const expected = frontOf(outcomesOf(instance, options));
        const { profile, devices, network } = instance;
        if (expected.length === 0) {
          expect(() => paretoFront(profile, devices, network, options)).toThrow(SpikeletError);
        } else {
          const found = paretoFront(profile, devices, network, options);
          expect(found.map(({ period, latency }) => [period, latency])).toEqual(expected);
        }
      }),
      runs,
    );
  });
});
