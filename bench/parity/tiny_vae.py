"""Golden tiny decoders: diffusers' AutoencoderTiny with random weights, what it makes of latents and of an image.

Arguments: the folder to write (tests/fixtures/tiny/tiny-vae). Writes `taesd/` in TAESD's own stages (fewer channels), `half/` of two
stages, which fits the tiny Stable Diffusion models of the tests; each with config.json, its weights, and beside it NAME.safetensors
with `latents`, `decoded`, `image`, `encoded`.
"""

import os
import sys

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
(out,) = sys.argv[1:]


def write(name, width, encoder, decoder):
    torch.manual_seed(17)
    stages = len(decoder)
    model = AutoencoderTiny(
        encoder_block_out_channels=(width,) * stages,
        decoder_block_out_channels=(width,) * stages,
        num_encoder_blocks=encoder,
        num_decoder_blocks=decoder,
    ).eval()
    for parameter in model.parameters():
        # So that many layers neither fade nor blow up, and biases show.
        parameter.normal_(0, 0.1 if parameter.ndim == 1 else (1.2 / parameter[0].numel()) ** 0.5)
    model.save_pretrained(f"{out}/{name}")
    latents = 2 * torch.randn(1, 4, 4, 6)
    side = 2 ** (stages - 1)
    image = torch.rand(1, 3, 4 * side, 6 * side) * 2 - 1
    tensors = {"latents": latents, "decoded": model.decode(latents).sample, "image": image, "encoded": model.encode(image).latents}
    for name_, tensor in tensors.items():
        print(name, name_, tuple(tensor.shape), float(tensor.std()))
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{out}/{name}.safetensors")


os.makedirs(out, exist_ok=True)
write("taesd", 4, (1, 3, 3, 3), (3, 3, 3, 1))
write("half", 6, (1, 2), (2, 1))
