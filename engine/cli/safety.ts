/** `acclaim safety`: what a safety checker says of pictures, and how near each is to its bounds. */
import { defineCommand } from '../../src/cli/command.js';
import { choice, flag, integer, mandatory, several, text } from '../../src/cli/options.js';
import { resolveModel } from '../../src/config/models.js';
import { deviceNames } from '../../src/config/schema.js';
import { readRaster } from '../../src/images/read.js';
import { checkPictures, openSafetyChecker } from '../models/safety-checker.js';
import { openEngine } from './open-engine.js';

export const command = defineCommand(
  {
    args: [{ name: 'image...', help: 'pictures to look at: PNG, JPEG or WebP', required: true }],
    options: {
      model: mandatory(
        text('--model <path>', 'name of config/models.yaml, or folder that holds safety_checker/'),
      ),
      config: text('--config <file>', 'configuration over config/default.yaml'),
      set: several('--set <key=value>', 'one setting over the configuration'),
      device: choice('--device <name>', "default: the configuration's", deviceNames),
      threads: integer('--threads <n>', 'CPU threads; 0 = one a core', { min: 0, max: 1024 }),
      json: flag('--json', 'print scores and flags as JSON'),
    },
    examples: [
      'safety --model models/stable-diffusion-v1-5 picture.png',
      'safety --model models/stable-diffusion-v1-5 cats/0000.png cats/0001.png --json',
    ],
  },
  async (v, files, io) => {
    const checker = openSafetyChecker(resolveModel(v.model));
    const pictures = await Promise.all(files.map(readRaster));
    const { engine, close } = await openEngine(v);
    try {
      const verdicts = await checkPictures(checker, engine.cache, pictures);
      const images = verdicts.map(({ unsafe, score, concepts, special }, i) => ({
        file: files[i]!,
        unsafe,
        score,
        concepts,
        special,
      }));
      if (v.json) {
        io.out(`${JSON.stringify({ images }, null, 2)}\n`);
        return;
      }
      for (const { file, unsafe, score } of images)
        io.out(`${unsafe ? 'UNSAFE' : 'safe  '}  ${score.toFixed(3).padStart(6)}  ${file}\n`);
      io.out('The figure is how far the nearest concept lies beyond its bound: above 0 is unsafe.\n');
    } finally {
      await close();
    }
  },
);
