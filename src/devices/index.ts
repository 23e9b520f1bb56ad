export type { ConnectionChoice, TlsFiles } from './connection.js';
export { devicePipeline } from './line/device-pipeline.js';
export type {
  DevicePipeline,
  DevicePipelineOptions,
  DeviceStageFigures,
  PresentDevice,
} from './line/options.js';
export { device } from './stage/device.js';
export type { DeviceFigures, DeviceHandle, DeviceOptions } from './stage/options.js';
export { modelIdentity, type Trust } from './trust.js';
