export { f32_attention } from './attention_f32';
export { u8_attention } from './attention_u8';
export { f32_gather } from './gather';
export { f32_layer_norm, u8_layer_norm } from './layer_norm';
export { f32_pack_attention } from './pack_f32';
export { u8_pack_attention } from './pack_u8';
