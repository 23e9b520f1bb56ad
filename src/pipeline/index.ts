export { decodeActivation, encodeActivation } from './activation/codec.js';
export { type CutWidth, cutBytes, cutWidths, encodedBytes } from './activation/width.js';
export { type Layer, layersOf } from './cut/layers.js';
export { stageGraph } from './cut/stage-graph.js';
export type { Device, Link, Network, NetworkLink } from './device.js';
export { readDevices, type Site, writeDevices } from './file/devices.js';
export {
  type PipeEdgeFiles,
  type PipeEdgeOptions,
  type PipeEdgeSite,
  readPipeEdge,
} from './file/pipeedge.js';
export { readProfile, writeProfile } from './file/profile.js';
export { writePipeEdge, writePipeEdgeSchedule } from './file/write-pipeedge.js';
export { type Explanation, explain, type PartLoad, type Prospect } from './partition/explain.js';
export type { AccuracyOptions, BufferOptions, PartitionOptions } from './partition/options.js';
export { type Partition, paretoFront, partition } from './partition/partition.js';
export { place, type StagePlace } from './partition/place.js';
export type { LayerProfile, ModelProfile } from './profile.js';
export type { Pipeline, PipelineOptions, StageFigures } from './run/options.js';
export { pipeline } from './run/pipeline.js';
export { type ProfileOptions, profile } from './run/profile.js';
export {
  bottleneckOf,
  type LoadedPart,
  latencyOf,
  type Part,
  partsOf,
  periodOf,
  type Schedule,
  type Stage,
  type Transfer,
} from './schedule.js';
export type { Span } from './simulate/line.js';
export type { Loss, SimulateOptions } from './simulate/options.js';
export { type PartUse, type Simulation, simulate } from './simulate/simulate.js';
export type { LatencySummary } from './simulate/summary.js';
export { type TimelineOptions, timeline } from './timeline/timeline.js';
