"""The PyTorch side of the comparison: one JSON command a line on stdin, one JSON answer a line on stdout.

The same commands, answers and clock as worker.mjs, so that the two can take turns: CPU seconds of this process (all its
threads) and wall seconds around the work alone; peak memory is VmHWM, reset right after the imports, less what was resident then.
Plain use of diffusers and peft: fp32, SDPA attention, no autograd graph while sampling. Run by peers/compare.mjs.
"""

import gc
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import diffusers
import numpy as np
import peft
import torch
import transformers
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTokenizer

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def memory():
    """Resident now and at its highest since the last reset, in MB."""
    fields = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return {key: int(fields[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")}


def reset_peak():
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


BARE = memory()["VmRSS"]
reset_peak()


class Peer:
    def load(self, model, dtype="float32", **_):
        self.dtype = getattr(torch, dtype)
        self.tokenizer = CLIPTokenizer.from_pretrained(model, subfolder="tokenizer")
        self.text = CLIPTextModel.from_pretrained(model, subfolder="text_encoder", dtype=self.dtype).eval()
        self.unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=self.dtype).eval()
        self.vae = AutoencoderKL.from_pretrained(model, subfolder="vae", torch_dtype=self.dtype).eval()
        self.scheduler = DDIMScheduler.from_pretrained(model, subfolder="scheduler")
        for module in (self.text, self.unet, self.vae):
            module.requires_grad_(False)
        versions = {m.__name__: m.__version__ for m in (torch, diffusers, transformers, peft)}
        return {"versions": versions, "cpu": torch.backends.cpu.get_cpu_capability()}

    def states(self, texts):
        ids = self.tokenizer(texts, padding="max_length", max_length=self.tokenizer.model_max_length, truncation=True, return_tensors="pt")
        return self.text(ids.input_ids).last_hidden_state

    @torch.inference_mode()
    def denoise(self, prompt, initial, noise, steps, guidance):
        n = len(initial)
        both = self.states(["", prompt])
        context = both.repeat_interleave(n, 0)
        self.scheduler.set_timesteps(steps)
        x = initial
        for k, t in enumerate(self.scheduler.timesteps):
            e_u, e_c = self.unet(torch.cat([x, x]), t, context).sample.chunk(2)
            x = self.scheduler.step(e_u + guidance * (e_c - e_u), t, x, eta=1.0, variance_noise=noise(k)).prev_sample
        return self.vae.decode(x / self.vae.config.scaling_factor).sample.clamp(-1, 1)

    def golden(self, trajectory, prompt, steps, guidance, **_):
        """Largest difference of the images from the golden trajectory's, relative to their largest value."""
        want = load_file(trajectory)
        got = self.denoise(prompt, want["initial"], lambda k: want["steps"][k], steps, guidance)
        return {"error": ((got - want["images"]).abs().max() / want["images"].abs().max()).item()}

    def sample(self, prompt, count, steps, guidance, seed, **_):
        g = torch.Generator().manual_seed(seed)
        shape = (count, 4, 16, 16)
        images = self.denoise(prompt, torch.randn(shape, generator=g), lambda k: torch.randn(shape, generator=g), steps, guidance)
        pixels = ((images + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        return {"mean": float(pixels.mean())}

    def prompt(self, prompt, **_):
        """Text states of nothing and of the prompt; what made them, and the decoder, is let go: a step needs the UNet alone."""
        with torch.no_grad():
            self.context = self.states(["", prompt])
        del self.text, self.vae
        gc.collect()
        return {}

    @torch.inference_mode()
    def step(self, batch, guidance, save=None, **_):
        """One guided prediction of the noise."""
        case = {k: v.to(self.dtype) for k, v in load_file(batch).items()}
        x, t = case["z0"], case["timesteps"]
        e_u, e_c = self.unet(torch.cat([x, x]), torch.cat([t, t]), self.context.repeat_interleave(len(x), 0)).sample.chunk(2)
        e = e_u + guidance * (e_c - e_u)
        if save:
            save_file({"e": e.float().contiguous()}, save)
        return {"mean": e.mean().item()}

    def lora(self, file, seed, **_):
        """Writes a LoRA of r = 4 for the UNet: A of variance 1 / inputs as peft draws it, B small instead of 0."""
        g = torch.Generator().manual_seed(seed)
        tensors = {}
        for name, module in self.unet.named_modules():
            if name.endswith((".to_q", ".to_k", ".to_v", ".to_out.0")):
                tensors[f"unet.{name}.lora_A.weight"] = torch.randn(4, module.in_features, generator=g) * module.in_features**-0.5
                tensors[f"unet.{name}.lora_B.weight"] = torch.randn(module.out_features, 4, generator=g) * 0.01
        save_file(tensors, file)
        return {}

    def adapter(self, file, prompt=None, recompute=False, **_):
        """LoRA r = 4 on the attention projections, its start read from a file, and a fresh AdamW."""
        targets = ["to_q", "to_k", "to_v", "to_out.0"]
        if not hasattr(self.unet, "peft_config"):
            self.unet.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=targets))
        set_peft_model_state_dict(self.unet, {k.removeprefix("unet."): v for k, v in load_file(file).items()})
        self.parameters = [p for p in self.unet.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-4)
        if recompute:
            self.unet.enable_gradient_checkpointing()
        if prompt is not None:
            with torch.no_grad():
                self.context = self.states(["", prompt])
        return {"parameters": sum(p.numel() for p in self.parameters)}

    def train(self, batch, guidance, save=None, **_):
        """One guided-regression step: mean of min(sqrt((1-a)/a), 10) (e_u + w (e_c - e_u) - e)^2."""
        case = load_file(batch)
        z0, e, t = case["z0"].to(self.dtype), case["noise"].to(self.dtype), case["timesteps"].long()
        n = len(z0)
        a = self.scheduler.alphas_cumprod[t].view(-1, 1, 1, 1).to(self.dtype)
        x = a.sqrt() * z0 + (1 - a).sqrt() * e
        context = self.context.repeat_interleave(n, 0)
        e_u, e_c = self.unet(torch.cat([x, x]), torch.cat([t, t]), context).sample.chunk(2)
        weight = ((1 - a) / a).sqrt().clamp(max=10)
        loss = (weight * (e_u + guidance * (e_c - e_u) - e).square()).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        if save:
            tensors = {f"unet.{k}": v.detach().contiguous().clone() for k, v in get_peft_model_state_dict(self.unet).items()}
            save_file(tensors, save)
        return {"loss": loss.item(), "norm": norm.item()}

    def case(self, file, count, seed, size=16, **_):
        """Writes the batch both sides train on: latents, noise, and timesteps among the noisier 70 % of twenty."""
        g = torch.Generator().manual_seed(seed)
        draw = lambda *shape: torch.randn(*shape, generator=g)
        t = 951 - 50 * torch.randint(0, 14, (count,), generator=g)
        save_file({"z0": draw(count, 4, size, size), "noise": draw(count, 4, size, size), "timesteps": t.float()}, file)
        return {}

    def peak(self, **_):
        return {"bare": BARE, "above": memory()["VmHWM"] - BARE}


peer = Peer()
print(json.dumps({"ready": True, "bare": BARE}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        answer = getattr(peer, command.pop("op"))(**command)
        answer |= {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    except Exception as error:
        answer = {"error_text": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
