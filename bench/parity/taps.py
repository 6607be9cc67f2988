"""Golden tensors of a UNet's blocks: what diffusers' modules give, seen by forward hooks.

Arguments: a model's folder (with unet/), a safetensors file with `sample`, `timestep`, `encoder_hidden_states` (and SDXL's
`text_embeds`, `time_ids`), the file to write. Keeps the first picture's values: `mid_block`, and `up_blocks.<i>` before
it is made larger (its last attention's, or last resnet's, output).
"""

import sys

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

model, feeds, out = sys.argv[1:]
torch.set_num_threads(1)
torch.set_grad_enabled(False)
unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=torch.float32).eval()
taken = {}


def keep(name):
    def hook(_module, _inputs, output):
        taken[name] = (output[0] if isinstance(output, tuple) else output)[:1].clone()

    return hook


unet.mid_block.register_forward_hook(keep("mid_block"))
for i, block in enumerate(unet.up_blocks):
    last = getattr(block, "attentions", None) or block.resnets
    last[-1].register_forward_hook(keep(f"up_blocks.{i}"))
given = load_file(feeds)
added = {k: given[k] for k in ("text_embeds", "time_ids") if k in given}
unet(given["sample"], given["timestep"], given["encoder_hidden_states"], added_cond_kwargs=added)
save_file({name: tensor.contiguous() for name, tensor in taken.items()}, out)
