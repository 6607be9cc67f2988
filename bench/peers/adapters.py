"""diffusers' half of adapters.mjs: loads a LoRA (or a merged model) that was exported here and makes the same images."""

import json
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
from diffusers import DDIMScheduler, DiffusionPipeline
from safetensors.torch import load_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
for line in sys.stdin:
    case = json.loads(line)
    try:
        xl = case["model_kind"] == "sdxl"
        checker = {} if xl else {"safety_checker": None}
        pipe = DiffusionPipeline.from_pretrained(case["model"], torch_dtype=torch.float32, **checker)
        # Where DDIM takes the place of another scheduler, it ends at the least noisy timestep and clips nothing.
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config, **({"set_alpha_to_one": False, "clip_sample": False} if xl else {}))
        if case["adapter"]:
            folder, name = os.path.split(case["adapter"])
            pipe.load_lora_weights(folder, weight_name=name)
        noise = load_file(case["noise"])
        steps = iter(noise["steps"])
        n = len(noise["initial"])
        added = {}
        if xl:
            states, negative, pooled, negative_pooled = pipe.encode_prompt(case["prompt"], do_classifier_free_guidance=True)
            size = noise["initial"].shape[-1] * pipe.vae_scale_factor
            added = {
                "text_embeds": torch.cat([negative_pooled, pooled]).repeat_interleave(n, 0),
                "time_ids": torch.tensor([[size, size, 0, 0, size, size]] * (2 * n), dtype=torch.float32),
            }
            context = torch.cat([negative, states]).repeat_interleave(n, 0)
        else:
            encode = lambda text: pipe.text_encoder(pipe.tokenizer([text], padding="max_length", truncation=True, max_length=case["length"], return_tensors="pt").input_ids)[0]
            context = torch.cat([encode(""), encode(case["prompt"])]).repeat_interleave(n, 0)
        pipe.scheduler.set_timesteps(len(noise["steps"]))
        x = noise["initial"]
        for t in pipe.scheduler.timesteps:
            e_u, e_c = pipe.unet(torch.cat([x, x]), t, context, added_cond_kwargs=added).sample.chunk(2)
            out = e_u + case["guidance"] * (e_c - e_u)
            x = pipe.scheduler.step(out, t, x, eta=1.0, variance_noise=next(steps)).prev_sample
        images = pipe.vae.decode(x / pipe.vae.config.scaling_factor).sample.clamp(-1, 1)
        ours = load_file(case["ours"])["images"]
        print(json.dumps({"error": ((images - ours).abs().max() / images.abs().max()).item()}), flush=True)
    except Exception as error:
        print(json.dumps({"error_text": f"{type(error).__name__}: {error}"}), flush=True)
