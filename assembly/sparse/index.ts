export { u8_stage_planes, u8_unstage_planes } from './planes';
export { u8i8_sparse_1x32, u8i8_grouped_1x32 } from './convolution';
export { u8i8_gathered_1x8 } from './gathered';
