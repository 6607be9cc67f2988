/**
 * Which tensors each network of a model asks for, from its configuration alone: every network is built once
 * over stand-ins and the graph thrown away. Layouts are mapped onto these names, and files are held against
 * them.
 */
import { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/value.js';
import { Wanted } from '../io/weights.js';
import type { LowRankSource } from '../nn/lora.js';
import { type TextConfig, TIME_IDS, type UnetConfig, type VaeConfig } from './config.js';
import { guidanceWidth } from './guidance.js';
import { hasProjection, type TextSource, textModel } from './text-encoder.js';
import { type UnetSource, unet, unetHalvings } from './unet.js';
import { decoder, encoder } from './vae.js';

export type Tensors = ReadonlyMap<string, Shape>;

/** P: width of the pooled state that the UNet reads; XL only. */
export const pooledWidth = (config: UnetConfig): number =>
  config.projection_class_embeddings_input_dim! - TIME_IDS * config.addition_time_embed_dim!;

/** Builds the UNet for the sake of what it asks `source` and `adapter` for. */
export function visitUnet(source: UnetSource, adapter?: LowRankSource): void {
  const g = new Graph();
  const { unetConfig: config } = source;
  const side = 2 ** unetHalvings(config);
  const added = config.addition_embed_type === 'text_time';
  const width = guidanceWidth(config);
  const inputs = {
    sample: g.input('sample', [1, config.in_channels, side, side]),
    timestep: g.input('timestep', [1]),
    states: g.input('states', [1, 1, config.cross_attention_dim]),
    pooled: added ? g.input('pooled', [1, pooledWidth(config)]) : undefined,
    timeIds: added ? g.input('timeIds', [1, TIME_IDS]) : undefined,
    guidance: width === null ? undefined : g.input('guidance', [1, width]),
  };
  unet(g, source, inputs, adapter);
}

/** Builds a text encoder likewise. */
export function visitText(source: TextSource, adapter?: LowRankSource): void {
  const g = new Graph();
  const ends = hasProjection(source.config) ? g.input('ends', [1], 'int64') : undefined;
  textModel(g, source, { ids: g.input('ids', [1, 1], 'int64'), ends }, adapter);
}

/** Name and shape of every weight that a UNet of this configuration asks for. */
export function unetTensors(unetConfig: UnetConfig): Tensors {
  const wanted = new Wanted();
  visitUnet({ unet: wanted, unetConfig });
  return wanted.tensors;
}

/** Name and shape of every weight that a text encoder of this configuration asks for. */
export function textTensors(config: TextConfig): Tensors {
  const wanted = new Wanted();
  visitText({ weights: wanted, config });
  return wanted.tensors;
}

/** Name and shape of every weight that a VAE of this configuration asks for. */
export function vaeTensors(vaeConfig: VaeConfig): Tensors {
  const wanted = new Wanted();
  const g = new Graph();
  const source = { vae: wanted, vaeConfig };
  encoder(g, source, decoder(g, source, g.input('latents', [1, vaeConfig.latent_channels, 1, 1])));
  return wanted.tensors;
}
