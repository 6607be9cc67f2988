#!/bin/sh
# Makes bench/.venv with PyTorch, diffusers and peft for bench/peers. Needs python3 >= 3.10 with venv; about 2 GB of disk.
# PIP_ARGS is handed to pip, e.g. PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" for the CPU-only build.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || python3 -m venv .venv
# shellcheck disable=SC2086
.venv/bin/pip install --quiet --disable-pip-version-check ${PIP_ARGS:-} -r peers/requirements.txt
.venv/bin/python -c "import torch, diffusers, peft; print('peers: torch', torch.__version__, 'diffusers', diffusers.__version__, 'peft', peft.__version__)"
