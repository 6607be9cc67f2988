/**
 * `acclaim pull`: a model or a LoRA from a hub, a URL or a folder onto this machine, where sessions can name
 * it.
 */
import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { choice, fallback, flag, text } from '../../src/cli/options.js';
import { drawProgress } from '../../src/cli/progress.js';
import { loadConfig } from '../../src/config/load.js';
import { isAdapter, isPart, modelsFolder, openPath } from '../../src/config/pulled.js';
import { pullModel } from '../jobs/pull-model.js';
import { variants } from '../pull/select.js';

const options = {
  revision: text(
    '--revision <name>',
    'branch, tag or commit on the hub; default: main, or what the catalogue says',
  ),
  file: text('--file <name>', 'the one .safetensors to take of a repository without a model_index.json'),
  variant: fallback(
    choice('--variant <name>', 'precision of the weights, where there are several', variants),
    'fp16',
  ),
  to: text('--to <dir>', "folder that holds models; default: ACCLAIM_MODELS, else the checkout's models/"),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  json: flag('--json', 'print what was pulled as JSON'),
};

export const command = defineCommand(
  {
    args: [
      {
        name: 'model',
        help: 'OWNER/NAME[/FILE.safetensors] of a hub, an address, a folder, or a name of `acclaim models`',
        required: true,
      },
    ],
    options,
    examples: [
      'pull sd15',
      'pull stabilityai/stable-diffusion-xl-base-1.0 --variant fp16',
      'pull lcm-lora-sd15',
      'pull https://example.org/painterly.safetensors',
      'pull ./my-model --to /srv/models',
    ],
  },
  async (v, [model], io) => {
    const { hub } = loadConfig({ file: v.config });
    const progress = drawProgress(io);
    const result = await pullModel(
      {
        session: 'pull',
        round: 0,
        attempt: 0,
        seed: 0,
        model: model!,
        revision: v.revision ?? null,
        file: v.file ?? null,
        variant: v.variant,
        models: resolve(v.to ?? modelsFolder()),
        local: true,
        hub,
      },
      { signal: io.signal, progress: progress.report },
    ).finally(progress.clear);
    if (v.json) return io.out(`${JSON.stringify(result, null, 2)}\n`);
    const licence = result.licence === null ? 'no licence is named on its card' : `licence ${result.licence}`;
    io.out(`${result.name} (${(result.bytes / 1e6).toFixed(1)} MB, ${licence}): ${result.dir}\n`);
    const name = v.to === undefined ? result.name : openPath(result);
    const use = isPart(result)
      ? `--set decoder.tiny=${name}`
      : isAdapter(result)
        ? `--model "MODEL + ${name}"`
        : `--model ${name}`;
    io.out(`Use it: \`${use}\`.\n`);
  },
);
