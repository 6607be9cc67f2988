"""Golden runs of few-step samplers: what diffusers' schedulers and networks give, with the noise of their steps handed in.

Arguments: tests/fixtures/tiny, and the folder to write (tests/fixtures/tiny/few-steps). Writes
  schedules.json      one number x sampled by each scheduler, the network being out(c x) = .3 c x + .2 and the noise of step k sin(3 k + 1)
  NAME.safetensors    trajectories of the tiny models from the noises of their golden DDIM run: `latents` [T+1,N,C,h,w], `timesteps`
                      [T], `log_probs` [T,N] (0 where a step adds no noise); `distilled` also the layer and the UNet's answer to
                      its golden call under guidance 8
"""

import copy
import json
import math
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
from diffusers import (
    DDIMScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    TCDScheduler,
    UNet2DConditionModel,
)
from diffusers.schedulers import (
    scheduling_ddim,
    scheduling_dpmsolver_multistep,
    scheduling_euler_ancestral_discrete,
    scheduling_lcm,
    scheduling_tcd,
)
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
tiny, out = sys.argv[1:]
PROMPT = "one blue rose in a vase"
STABLE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
KINDS = {
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "euler-ancestral": EulerAncestralDiscreteScheduler,
    "dpmpp-2m": DPMSolverMultistepScheduler,
    "dpmpp-2m-sde": DPMSolverMultistepScheduler,
    "lcm": LCMScheduler,
    "tcd": TCDScheduler,
}


class Given:
    """The noise that a step asks for next."""

    z = None

    def __call__(self, *_args, **_kwargs):
        return self.z


given = Given()
for module in [scheduling_ddim, scheduling_dpmsolver_multistep, scheduling_euler_ancestral_discrete, scheduling_lcm, scheduling_tcd]:
    module.randn_tensor = given


def made(kind, config, steps):
    algorithm = {"algorithm_type": "sde-dpmsolver++"} if kind == "dpmpp-2m-sde" else {}
    scheduler = KINDS[kind].from_config({**config, **algorithm})
    scheduler.set_timesteps(steps)
    return scheduler


def run(scheduler, kind, eta, x, noises, network):
    """-> the states after each step, means and standard deviations: the step taken anew with no noise and with ones."""
    more = {"eta": eta} if kind in ("ddim", "tcd") else {}
    x = x * scheduler.init_noise_sigma
    states, means, stds = [x], [], []
    for t, z in zip(scheduler.timesteps, noises):
        output = network(scheduler.scale_model_input(x, t), t)
        moved = []
        for given.z in (torch.zeros_like(x), torch.ones_like(x), z):
            own = copy.deepcopy(scheduler) if given.z is not z else scheduler
            moved.append(own.step(output, t, x, return_dict=False, **more)[0])
        mean, one, x = moved
        states.append(x)
        means.append(mean)
        stds.append((one - mean).mean())
    return states, means, stds


def numbers():
    """Each scheduler by itself."""
    cases = []

    def case(kind, steps, eta=1.0, **config):
        config = {**STABLE, **config, **({"use_karras_sigmas": False} if kind.startswith("dpmpp") else {})}
        scheduler = made(kind, config, steps)
        x = torch.tensor([1.5, -0.4], dtype=torch.float32)
        noises = [torch.full((2,), math.sin(3 * k + 1), dtype=torch.float32) for k in range(steps)]
        states, _, stds = run(scheduler, kind, eta, x, noises, lambda seen, t: 0.3 * seen + 0.2)
        cases.append(
            {
                "scheduler": kind,
                "steps": steps,
                "eta": eta,
                "config": {"_class_name": KINDS[kind].__name__, **config},
                "timesteps": [float(t) for t in scheduler.timesteps],
                "initialScale": float(scheduler.init_noise_sigma),
                "std": [float(s) for s in stds],
                "states": [[float(v) for v in s] for s in states[1:]],
            }
        )

    v = {"prediction_type": "v_prediction"}
    zero = {**v, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    for steps in (1, 2, 4, 8, 15, 50):
        case("lcm", steps)
    case("lcm", 7, original_inference_steps=100)
    case("lcm", 4, timestep_scaling=0.01, original_inference_steps=40)
    case("lcm", 4, clip_sample=True, clip_sample_range=0.7)
    case("lcm", 4, **v)
    case("lcm", 4, **zero)
    for eta in (0.0, 0.3, 1.0):
        for steps in (1, 4, 15):
            case("tcd", steps, eta)
    case("tcd", 4, 0.3, set_alpha_to_one=False, steps_offset=1)
    case("tcd", 6, 0.7, original_inference_steps=30)
    case("tcd", 4, 0.3, **v)
    case("tcd", 4, 0.3, **zero)
    # Turbo and Lightning, as their cards say.
    for kind in ("euler", "euler-ancestral", "dpmpp-2m-sde", "dpmpp-2m"):
        for steps in (1, 2, 4, 15):
            case(kind, steps, timestep_spacing="trailing")
        case(kind, 1, timestep_spacing="leading", steps_offset=1)
        if kind != "dpmpp-2m-sde":
            case(kind, 15, timestep_spacing="leading", steps_offset=1)
        case(kind, 4, **zero)
    for whole in (True, False):
        for eta in (0.0, 0.3, 1.0):
            for steps in (1, 4, 15):
                case("ddim", steps, eta, timestep_spacing="trailing", clip_sample=False, set_alpha_to_one=whole)
            case("ddim", 4, eta, timestep_spacing="leading", steps_offset=1, clip_sample=False, set_alpha_to_one=whole)
    case("ddim", 4, 0.0, clip_sample=False, **zero)
    with open(f"{out}/schedules.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


def guidance_embedding(w, size):
    """LatentConsistencyModelPipeline's own."""
    from diffusers import LatentConsistencyModelPipeline

    return LatentConsistencyModelPipeline.get_guidance_scale_embedding(None, torch.tensor([w - 1]), embedding_dim=size)


def opened(model):
    path = f"{tiny}/{model}/model"
    return DiffusionPipeline.from_pretrained(path, torch_dtype=torch.float32, **({} if model == "sdxl" else {"safety_checker": None}))


def distilled(pipe):
    """The tiny UNet with a layer for the guidance, which is all that such a network has more."""
    config = {**pipe.unet.config, "time_cond_proj_dim": 64}
    unet = UNet2DConditionModel.from_config(config).eval()
    torch.manual_seed(11)
    layer = torch.randn(config["block_out_channels"][0], 64) / 8
    unet.load_state_dict({**pipe.unet.state_dict(), "time_embedding.cond_proj.weight": layer})
    return unet, layer


def trajectory(name, model, kind, steps, eta, guidance, **config):
    pipe = opened(model)
    noise = load_file(f"{tiny}/{model}/ddim_eta1.safetensors")
    states, negative = pipe.encode_prompt(PROMPT, "cpu", 1, True)[:2]
    n = len(noise["initial"])
    extra, condition = {}, None
    if name == "distilled":
        pipe.unet, layer = distilled(pipe)
        call = load_file(f"{tiny}/{model}/unet.safetensors")
        embedding = guidance_embedding(8.0, 64)
        answer = pipe.unet(call["sample"], call["timestep"], call["encoder_hidden_states"], timestep_cond=embedding).sample
        extra = {"layer": layer, "out": answer, "embedding": embedding}
        condition = guidance_embedding(guidance, 64)

    def network(x, t):
        if guidance <= 1 or condition is not None:
            return pipe.unet(x, t, states.repeat_interleave(n, 0), timestep_cond=condition).sample
        context = torch.cat([negative, states]).repeat_interleave(n, 0)
        e_u, e_c = pipe.unet(torch.cat([x, x]), t, context).sample.chunk(2)
        return e_u + guidance * (e_c - e_u)

    kept = {**pipe.scheduler.config, **config}
    scheduler = made(kind, {k: v for k, v in kept.items() if not k.startswith("_")}, steps)
    noises = noise["steps"][:steps]
    latents, means, stds = run(scheduler, kind, eta, noise["initial"], noises, network)
    logs = []
    for mean, std, x in zip(means, stds, latents[1:]):
        # Where rounding is all that parts the two, there is no noise.
        logs.append(torch.distributions.Normal(mean, std).log_prob(x).mean((1, 2, 3)) if std > 1e-6 else torch.zeros(n))
    tensors = {"latents": torch.stack([noise["initial"], *latents[1:]]), "timesteps": scheduler.timesteps.float(), "log_probs": torch.stack(logs)}
    save_file({k: v.contiguous() for k, v in {**tensors, **extra}.items()}, f"{out}/{name}.safetensors")


os.makedirs(out, exist_ok=True)
numbers()
trajectory("lcm", "sd15", "lcm", 4, 1.0, 1.5)
trajectory("distilled", "sd15", "lcm", 4, 1.0, 8.0)
trajectory("tcd", "sd21", "tcd", 4, 0.3, 0.0)
trajectory("turbo", "sd15", "euler", 4, 1.0, 0.0, timestep_spacing="trailing")
trajectory("turbo-1", "sd15", "euler", 1, 1.0, 0.0, timestep_spacing="trailing")
trajectory("zero", "sd21", "euler", 4, 1.0, 5.0, timestep_spacing="trailing", rescale_betas_zero_snr=True)
