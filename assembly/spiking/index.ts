export { u8i2_conv_f32_6x8, u8i4_conv_f32_6x8, u8i8_conv_f32_6x8 } from './convolution';
export { u8f32_conv_2x8 } from './convolution_f32';
export { f32_delay, u8_delay } from './delay';
export { f32_integrate } from './integrate';
export { f32_lif } from './lif';
export { u8_list_bytes, u8_list_words } from './list';
export { f32_sum_pool } from './sum_pool';
