/** Names and shapes of adapters against those that peft gave for the same model. */
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../../engine/io/safetensors.js';
import { adapterShapes } from '../../../engine/nn/lora.js';

const unet = openSafetensors('models/mini/unet/diffusion_pytorch_model.safetensors');

describe('adapterShapes', () => {
  it.each(['attention', 'all'] as const)('%s', (targets) => {
    const golden = openSafetensors(`tests/fixtures/mini/lora_${targets}.safetensors`);
    const expected = [...golden.tensors].map(([name, { shape }]) => `${name} [${shape}]`).sort();
    const found = adapterShapes({ unet }, { rank: 4, alpha: 4, targets });
    expect(found.map(({ name, shape }) => `${name} [${shape}]`)).toEqual(expected);
  });
});
