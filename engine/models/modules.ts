/**
 * The module table: every linear and convolutional layer of a model with its path, shape and place in the
 * weight files, listed by building the networks from their own configuration and noting what they ask for.
 * Adapters are matched against it, and merged into the very bytes that it names.
 */
import type { ExternalWeight, Shape, Value } from '../graph/value.js';
import type { LowRankSource, Part } from '../nn/lora.js';
import { visitText, visitUnet } from './networks.js';
import type { Pipeline } from './pipeline.js';

export interface Module {
  readonly part: Part;
  /** As diffusers and transformers name it, without `.weight`. */
  readonly path: string;
  /** [out, in] or [out, in, k, k]. */
  readonly shape: Shape;
  /** Where it lies. */
  readonly weight: ExternalWeight;
}

class Recorder implements LowRankSource {
  readonly modules: Module[] = [];

  constructor(private readonly part: Part) {}

  layer(path: string, weight: Value): undefined {
    this.modules.push({ part: this.part, path, shape: weight.shape, weight: fileWeight(weight) });
  }
}

/**
 * The mapped weight behind a value: half precisions are cast, some layouts reshaped, before a layer sees
 * them.
 */
function fileWeight({ source, name }: Value): ExternalWeight {
  if (source.kind === 'weight') return source.weight;
  const [from] = source.kind === 'node' ? source.node.inputs : [];
  if (!from) throw new Error(`${name} is not made of a weight in a file`);
  return fileWeight(from);
}

/** Every layer of the UNet and the text encoders that an adapter may change. */
export function moduleTable({ unet, unetConfig, encoders, kind }: Pipeline): Module[] {
  const denoiser = new Recorder('unet');
  visitUnet({ unet, unetConfig }, denoiser);
  const texts = encoders.flatMap((encoder, i) => {
    const recorder = new Recorder(kind.texts[i]!.encoder);
    visitText(encoder, recorder);
    return recorder.modules;
  });
  return [...denoiser.modules, ...texts];
}
