"""pip's half of files.mjs: writes every kind of file with the libraries that people have, and makes its images.

Arguments: the folder of the tiny models, and an empty folder. Prints one line of JSON a file.
"""

import json
import os
import shutil
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import diffusers
import peft
import torch
import transformers
from diffusers import DDIMScheduler, DiffusionPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_kohya
from peft import LoHaConfig, LoKrConfig, LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

diffusers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
torch.set_grad_enabled(False)
tiny, out = sys.argv[1:]
PROMPT = "one blue rose in a vase"
GUIDANCE = 5
STEPS = 3
TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def opened(path, **more):
    checker = {} if "sdxl" in path else {"safety_checker": None}
    return DiffusionPipeline.from_pretrained(path, torch_dtype=torch.float32, **checker, **more)


def images(pipe, noise, prompt, eta=1.0):
    """DDIM with the noise of a golden trajectory: nothing is drawn anew."""
    xl = isinstance(pipe, StableDiffusionXLPipeline)
    scheduler = DDIMScheduler.from_config(pipe.scheduler.config, set_alpha_to_one=False, clip_sample=False)
    n = len(noise["initial"])
    if xl:
        states, negative, pooled, without = pipe.encode_prompt(prompt, do_classifier_free_guidance=True)
        size = noise["initial"].shape[-1] * pipe.vae_scale_factor
        sizes = torch.tensor([[size, size, 0, 0, size, size]] * (2 * n), dtype=torch.float32)
        added = {"text_embeds": torch.cat([without, pooled]).repeat_interleave(n, 0), "time_ids": sizes}
    else:
        states, negative = pipe.encode_prompt(prompt, "cpu", 1, True)
        added = {}
    context = torch.cat([negative, states]).repeat_interleave(n, 0)
    scheduler.set_timesteps(STEPS)
    x = noise["initial"]
    for t, z in zip(scheduler.timesteps, noise["steps"]):
        e_u, e_c = pipe.unet(torch.cat([x, x]), t, context, added_cond_kwargs=added).sample.chunk(2)
        x = scheduler.step(e_u + GUIDANCE * (e_c - e_u), t, x, eta=eta, variance_noise=z if eta > 0 else None).prev_sample
    return pipe.vae.decode(x / pipe.vae.config.scaling_factor).sample.clamp(-1, 1)


def config(kind=LoraConfig, **more):
    """Random matrices where the kind allows it: an adapter that shows."""
    torch.manual_seed(7)
    start = {"init_lora_weights": False} if kind is LoraConfig else {"init_weights": False}
    return kind(**{"r": 4, "target_modules": TARGETS, **start, **more})


def main():
    for name in ["sd15", "sd21", "sdxl"]:
        noise = load_file(f"{tiny}/{name}/ddim_eta1.safetensors")
        made = f"{out}/{name}"
        count = 0

        plain_images = None

        def told(kind, tool, model, adapter=None, pipe=None, refused=None, prompt=PROMPT, eta=1.0):
            nonlocal count
            count += 1
            reference = None
            if pipe is not None:
                reference = f"{made}-{count}.reference.safetensors"
                drawn = images(pipe, noise, prompt, eta)
                if adapter is not None and (drawn - plain_images).abs().max() < 0.05:
                    raise SystemExit(f"{name}: {kind}: the adapter does not show")
                save_file({"images": drawn.contiguous()}, reference)
            case = {"kind": kind, "tool": tool, "name": name, "model": model, "adapter": adapter, "prompt": prompt, "eta": eta}
            print(json.dumps({**case, "reference": reference, "refused": refused}), flush=True)

        source = f"{tiny}/{name}/model"
        model = f"{made}/model"
        pipe = opened(source)
        pipe.save_pretrained(model)
        told("a model's folder", "save_pretrained", model, pipe=opened(model))
        plain_images = images(opened(model), noise, PROMPT)

        half = f"{made}/half"
        opened(source).to(torch.float16).save_pretrained(half, variant="fp16")
        told("a model's folder, fp16", "save_pretrained(variant)", half, pipe=opened(half, variant="fp16"))

        shards = f"{made}/shards"
        opened(source).save_pretrained(shards, max_shard_size="200KB")
        told("a model's folder, in shards", "save_pretrained(max_shard_size)", shards, pipe=opened(shards))

        concept = f"{made}/concept"
        pipe = opened(source)
        torch.manual_seed(3)
        width = pipe.text_encoder.config.hidden_size
        pipe.load_textual_inversion({"<cat-toy>": torch.randn(2, width)}, token="<cat-toy>")
        if name == "sdxl":
            width = pipe.text_encoder_2.config.hidden_size
            other = {"<cat-toy>": torch.randn(2, width)}
            pipe.load_textual_inversion(other, token="<cat-toy>", text_encoder=pipe.text_encoder_2, tokenizer=pipe.tokenizer_2)
        pipe.save_pretrained(concept)
        told("textual inversion in a folder", "save_pretrained", concept, pipe=pipe, prompt="a <cat-toy> in a vase")

        xl = name == "sdxl"

        def with_embedding(folder, file, tensors, prompt, token):
            """A model's folder with textual inversion in a file of its own; the peer loads each encoder's vectors by the token."""
            path = f"{made}/{folder}"
            shutil.copytree(model, path)
            os.makedirs(os.path.dirname(f"{path}/{file}"), exist_ok=True)
            save_file(tensors, f"{path}/{file}")
            pipe = opened(model)
            for i, vectors in enumerate(tensors.values()):
                encoder, words = (pipe.text_encoder, pipe.tokenizer) if i == 0 else (pipe.text_encoder_2, pipe.tokenizer_2)
                pipe.load_textual_inversion({token: vectors}, token=token, text_encoder=encoder, tokenizer=words)
            drawn = images(pipe, noise, prompt)
            if (drawn - images(opened(model), noise, prompt)).abs().max() < 0.05:
                raise SystemExit(f"{name}: {file}: the embedding does not show")
            return path, pipe

        torch.manual_seed(5)
        first = torch.randn(2, pipe.text_encoder.config.hidden_size)
        prompt = "a <cat-toy> in a vase"
        path, peer = with_embedding("own-file", "learned_embeds.safetensors", {"<cat-toy>": first}, prompt, "<cat-toy>")
        told("textual inversion, learned_embeds.safetensors", "{token: vectors}", path, pipe=peer, prompt=prompt)
        tensors = {"clip_l": first, "clip_g": torch.randn(2, pipe.text_encoder_2.config.hidden_size)} if xl else {"emb_params": first}
        prompt = "a cattoy in a vase"
        path, peer = with_embedding("named-file", "embeddings/cattoy.safetensors", tensors, prompt, "cattoy")
        told("textual inversion, embeddings/NAME.safetensors", "emb_params (XL: clip_l, clip_g)", path, pipe=peer, prompt=prompt)

        for kind, prediction, word in [
            ("zero terminal SNR, v-prediction", "v_prediction", None),
            ("zero terminal SNR, epsilon", "epsilon", "zero terminal SNR without v-prediction"),
        ]:
            pipe = opened(model)
            changes = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": prediction}
            pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, **changes)
            path = f"{made}/zero-{prediction}"
            pipe.save_pretrained(path)
            # With eta 1 the peer's first step takes the root of a difference that rounding makes negative.
            told(kind, "save_pretrained", path, pipe=None if word else opened(path), refused=word, eta=0.0)

        save = (StableDiffusionXLPipeline if xl else StableDiffusionPipeline).save_lora_weights
        for kind, more in [
            ("LoRA, alpha in the metadata", {"lora_alpha": 8}),
            ("LoRA, patterns", {"lora_alpha": 8, "alpha_pattern": {"to_[qk]": 16}, "rank_pattern": {"attn2.*to_v": 2}}),
            ("LoRA, rank-stabilised", {"lora_alpha": 8, "use_rslora": True}),
        ]:
            pipe = opened(model)
            pipe.unet.add_adapter(config(**more))
            folder = f"{made}/{kind.replace(' ', '-')}"
            note = pipe.unet.peft_config["default"].to_dict()
            save(folder, unet_lora_layers=get_peft_model_state_dict(pipe.unet), unet_lora_adapter_metadata=note)
            fresh = opened(model)
            fresh.load_lora_weights(folder)
            told(kind, "save_lora_weights", model, folder, fresh)

        pipe = opened(model)
        wrapped = get_peft_model(pipe.unet, config(lora_alpha=8, alpha_pattern={"to_[qk]": 16}))
        wrapped.save_pretrained(f"{made}/peft")
        told("PEFT's folder", "peft save_pretrained", model, f"{made}/peft", pipe)
        kohya = convert_state_dict_to_kohya({f"unet.{k.replace('base_model.model.', '')}": v for k, v in get_peft_model_state_dict(wrapped).items()})
        plain = f"{made}/kohya.safetensors"
        save_file({k: v.contiguous() for k, v in kohya.items()}, plain)
        fresh = opened(model)
        fresh.load_lora_weights(plain)
        told("kohya's names, whole alphas", "convert_state_dict_to_kohya", model, plain, fresh)

        pipe = opened(model)
        text = ["q_proj", "v_proj", "fc1"]
        encoder = pipe.text_encoder_2 if xl else pipe.text_encoder
        wrapped = get_peft_model(encoder, config(lora_alpha=8, target_modules=text))
        wrapped.save_pretrained(f"{made}/text")
        told("PEFT's folder, text encoder", "peft save_pretrained", model, f"{made}/text", pipe)

        for kind, made_of, word in [
            ("DoRA", config(use_dora=True), "DoRA"),
            ("LoRA with biases", config(lora_bias=True), "biases"),
            ("PiSSA", config(init_lora_weights="pissa"), "pissa"),
            ("OLoRA", config(init_lora_weights="olora"), "olora"),
            ("LoHa", config(LoHaConfig), "LoHa"),
            ("LoKr", config(LoKrConfig), "LoKr"),
        ]:
            wrapped = get_peft_model(opened(model).unet, made_of)
            wrapped.save_pretrained(f"{made}/{kind.replace(' ', '-')}")
            told(kind, "peft save_pretrained", model, f"{made}/{kind.replace(' ', '-')}", refused=word)


print(json.dumps({"libraries": f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__.split('+')[0]}"}), flush=True)
main()
