/**
 * The UNet's layers by the names of the original code base (`input_blocks.4.1...`), which kohya's scripts use for SDXL.
 * There, a network is three numbered lists of blocks; the numbers follow from the levels and layers of the config.
 */
import type { UnetConfig } from '../models/config.js';

/** Layers of a residual block. */
const resnet: readonly (readonly [string, string])[] = [
  ['conv1', 'in_layers.2'],
  ['time_emb_proj', 'emb_layers.1'],
  ['conv2', 'out_layers.3'],
  ['conv_shortcut', 'skip_connection'],
];

/** A layer's path -> its original path. Layers of attention keep their names below their block. */
export function originalUnetName(config: UnetConfig): (path: string) => string {
  const exact = new Map([
    ['conv_in', 'input_blocks.0.0'],
    ['conv_out', 'out.2'],
    ['time_embedding.linear_1', 'time_embed.0'],
    ['time_embedding.linear_2', 'time_embed.2'],
    ['add_embedding.linear_1', 'label_emb.0.0'],
    ['add_embedding.linear_2', 'label_emb.0.2'],
  ]);
  const attention: [string, string][] = [];
  const block = (ours: string, theirs: string) => {
    for (const [from, to] of resnet) exact.set(`${ours}.${from}`, `${theirs}.${to}`);
  };
  const levels = config.block_out_channels.length;

  let n = 1;
  for (const [level, type] of config.down_block_types.entries()) {
    for (let i = 0; i < config.layers_per_block; i++, n++) {
      block(`down_blocks.${level}.resnets.${i}`, `input_blocks.${n}.0`);
      if (type.startsWith('Cross'))
        attention.push([`down_blocks.${level}.attentions.${i}.`, `input_blocks.${n}.1.`]);
    }
    if (level < levels - 1) exact.set(`down_blocks.${level}.downsamplers.0.conv`, `input_blocks.${n++}.0.op`);
  }
  block('mid_block.resnets.0', 'middle_block.0');
  attention.push(['mid_block.attentions.0.', 'middle_block.1.']);
  block('mid_block.resnets.1', 'middle_block.2');
  n = 0;
  for (const [level, type] of config.up_block_types.entries()) {
    const attends = type.startsWith('Cross');
    for (let i = 0; i <= config.layers_per_block; i++, n++) {
      block(`up_blocks.${level}.resnets.${i}`, `output_blocks.${n}.0`);
      if (attends) attention.push([`up_blocks.${level}.attentions.${i}.`, `output_blocks.${n}.1.`]);
    }
    if (level < levels - 1)
      exact.set(`up_blocks.${level}.upsamplers.0.conv`, `output_blocks.${n - 1}.${attends ? 2 : 1}.conv`);
  }
  return (path) => {
    const found = exact.get(path);
    if (found !== undefined) return found;
    const inside = attention.find(([ours]) => path.startsWith(ours));
    return inside ? inside[1] + path.slice(inside[0].length) : path;
  };
}
