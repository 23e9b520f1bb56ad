export { u8i8_conv_6x8, u8i4_conv_6x8, u8i2_conv_6x8 } from './convolution';
export { i8_pack_weights } from './pack';
export { u8_stage, f32_stage } from './stage';
export { f32_conv_6x8 } from './convolution_f32';
export { u8_depthwise, f32_depthwise } from './depthwise';
export { f32_winograd_3x3 } from './winograd';
