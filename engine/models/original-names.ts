/**
 * The networks' layers by the names of the code bases that Stable Diffusion came from
 * (`input_blocks.4.1...`): those of single-file checkpoints, and of SDXL's adapters by kohya's scripts. One
 * table of modules for each network, ours -> theirs; there, a UNet is three numbered lists of blocks, whose
 * numbers follow from the configuration.
 */
import type { UnetConfig, VaeConfig } from './config.js';

/** A path of ours -> theirs; paths that no row begins with are the same in both. */
type Rename = (path: string) => string;
type Row = readonly [ours: string, theirs: string];

/**
 * The row whose path is the whole of `path` or its beginning gives the new beginning; the longest one, where
 * several fit.
 */
function renamer(rows: readonly Row[]): Rename {
  const table = new Map(rows);
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const theirs = table.get(path.slice(0, end));
      if (theirs !== undefined) return theirs + path.slice(end);
    }
    return path;
  };
}

const under = (rows: readonly Row[], ours: string, theirs: string): Row[] =>
  rows.map(([from, to]) => [`${ours}.${from}`, `${theirs}.${to}`]);

/** Layers of the UNet's residual block. */
const unetBlock: readonly Row[] = [
  ['norm1', 'in_layers.0'],
  ['conv1', 'in_layers.2'],
  ['time_emb_proj', 'emb_layers.1'],
  ['norm2', 'out_layers.0'],
  ['conv2', 'out_layers.3'],
  ['conv_shortcut', 'skip_connection'],
];

/** diffusers' name of a UNet's tensor -> that of the original release's files. */
export function originalUnetName(config: UnetConfig): Rename {
  const rows: Row[] = [
    ['conv_in', 'input_blocks.0.0'],
    ['time_embedding.linear_1', 'time_embed.0'],
    ['time_embedding.linear_2', 'time_embed.2'],
    ['add_embedding.linear_1', 'label_emb.0.0'],
    ['add_embedding.linear_2', 'label_emb.0.2'],
    ['conv_norm_out', 'out.0'],
    ['conv_out', 'out.2'],
    ...under(unetBlock, 'mid_block.resnets.0', 'middle_block.0'),
    ['mid_block.attentions.0', 'middle_block.1'],
    ...under(unetBlock, 'mid_block.resnets.1', 'middle_block.2'),
  ];
  const last = config.block_out_channels.length - 1;
  let n = 1;
  for (const [level, type] of config.down_block_types.entries()) {
    for (let i = 0; i < config.layers_per_block; i++, n++) {
      rows.push(...under(unetBlock, `down_blocks.${level}.resnets.${i}`, `input_blocks.${n}.0`));
      if (type.startsWith('Cross'))
        rows.push([`down_blocks.${level}.attentions.${i}`, `input_blocks.${n}.1`]);
    }
    if (level < last) rows.push([`down_blocks.${level}.downsamplers.0.conv`, `input_blocks.${n++}.0.op`]);
  }
  n = 0;
  for (const [level, type] of config.up_block_types.entries()) {
    const attends = type.startsWith('Cross');
    for (let i = 0; i <= config.layers_per_block; i++, n++) {
      rows.push(...under(unetBlock, `up_blocks.${level}.resnets.${i}`, `output_blocks.${n}.0`));
      if (attends) rows.push([`up_blocks.${level}.attentions.${i}`, `output_blocks.${n}.1`]);
    }
    const place = attends ? 2 : 1;
    if (level < last)
      rows.push([`up_blocks.${level}.upsamplers.0.conv`, `output_blocks.${n - 1}.${place}.conv`]);
  }
  return renamer(rows);
}

const vaeMiddle: readonly Row[] = [
  ['resnets.0', 'block_1'],
  ['attentions.0.group_norm', 'attn_1.norm'],
  ['attentions.0.to_q', 'attn_1.q'],
  ['attentions.0.to_k', 'attn_1.k'],
  ['attentions.0.to_v', 'attn_1.v'],
  ['attentions.0.to_out.0', 'attn_1.proj_out'],
  ['resnets.1', 'block_2'],
];

/** The decoder's levels count from the image there, from the latents here. */
export function originalVaeName(config: VaeConfig): Rename {
  const last = config.block_out_channels.length - 1;
  const rows: Row[] = [];
  for (const side of ['encoder', 'decoder'])
    rows.push(...under(vaeMiddle, `${side}.mid_block`, `${side}.mid`), [
      `${side}.conv_norm_out`,
      `${side}.norm_out`,
    ]);
  for (let level = 0; level <= last; level++) {
    const [down, up] = [`encoder.down.${level}`, `decoder.up.${last - level}`];
    rows.push([`encoder.down_blocks.${level}.downsamplers.0`, `${down}.downsample`]);
    rows.push([`decoder.up_blocks.${level}.upsamplers.0`, `${up}.upsample`]);
    for (let i = 0; i <= config.layers_per_block; i++) {
      for (const [ours, theirs] of [
        [`encoder.down_blocks.${level}.resnets.${i}`, `${down}.block.${i}`],
        [`decoder.up_blocks.${level}.resnets.${i}`, `${up}.block.${i}`],
      ] as const)
        rows.push([ours, theirs], [`${ours}.conv_shortcut`, `${theirs}.nin_shortcut`]);
    }
  }
  return renamer(rows);
}

/** OpenCLIP's text transformer, whose query, key and value projections are one: see single-file.ts. */
export function openClipName(layers: number): Rename {
  const rows: Row[] = [
    ['text_model.embeddings.token_embedding', 'token_embedding'],
    ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
    ['text_model.final_layer_norm', 'ln_final'],
    ['text_projection.weight', 'text_projection'],
  ];
  const layer: readonly Row[] = [
    ['layer_norm1', 'ln_1'],
    ['layer_norm2', 'ln_2'],
    ['mlp.fc1', 'mlp.c_fc'],
    ['mlp.fc2', 'mlp.c_proj'],
    ['self_attn.out_proj', 'attn.out_proj'],
    ...['q_proj', 'k_proj', 'v_proj'].flatMap((name): Row[] => [
      [`self_attn.${name}.weight`, 'attn.in_proj_weight'],
      [`self_attn.${name}.bias`, 'attn.in_proj_bias'],
    ]),
  ];
  for (let i = 0; i < layers; i++)
    rows.push(...under(layer, `text_model.encoder.layers.${i}`, `transformer.resblocks.${i}`));
  return renamer(rows);
}
