// How long the partitioner takes: medians of a few runs in milliseconds, by the clock and of the processor's time.
import { type Device, type PartitionOptions, paretoFront, partition } from '../../../src/pipeline/index.js';
import { median } from '../statistics.js';
import { devicesOf, optionSets, profileOf, unlike } from './cases.js';

const runs = 3;

function measure(what: string, work: () => string): void {
  const times: number[] = [];
  const processor: number[] = [];
  let outcome = '';
  for (let i = 0; i < runs; i++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    outcome = work();
    times.push(performance.now() - start);
    processor.push(process.cpuUsage(before).user / 1000);
  }
  const [clock, own] = [times, processor].map((values) => `${median(values).toFixed(0)} ms`.padStart(9));
  console.log(`${what.padEnd(58)}${clock}${own}   ${outcome}`);
}

function measurePartition(
  layers: number,
  devices: readonly Device[],
  name: string,
  options: PartitionOptions,
): void {
  const types = new Set(devices.map(({ type }) => type)).size;
  const profile = profileOf(layers, types, 7);
  measure(`${layers} layers, ${devices.length} devices of ${types} types: ${name}`, () => {
    const { period, latency } = partition(profile, devices, {}, options);
    return `period ${period.toFixed(4)} s, latency ${latency.toFixed(3)} s`;
  });
}

for (const [name, options] of Object.entries(optionSets)) {
  measurePartition(96, devicesOf(16, 4), name, options);
}
measurePartition(96, unlike(devicesOf(8, 4)), 'all links unlike', {});
measurePartition(96, unlike(devicesOf(12, 4)), 'all links unlike', {});
measure('96 layers, 16 devices of 4 types: Pareto front', () => {
  return `${paretoFront(profileOf(96, 4, 7), devicesOf(16, 4)).length} schedules`;
});
