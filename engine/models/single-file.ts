/**
 * A model in one .safetensors file, in the layout of the original code bases. Every tensor that the networks
 * ask for is looked up by the tables of original-names.ts and mapped from where it lies; of OpenCLIP's joint
 * projections a part of the rows. Configurations come from a folder beside the file that has its name without
 * the ending (diffusers' layout, weights not needed), or else from the shapes; the tokenizer likewise, or
 * else CLIP's own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { projectPath } from '../../src/files/paths.js';
import { openSafetensors } from '../io/safetensors.js';
import { bindWeights, type KeyMap, storeOf, type WeightStore } from '../io/weights.js';
import {
  clipConfigOf,
  hasTextRoot,
  openClipConfigOf,
  schedulerConfigOf,
  TEXTS,
  UNET,
  unetConfigOf,
  VAE,
  vaeConfigOf,
} from './checkpoint-config.js';
import type { TextConfig } from './config.js';
import { type Kind, SD, XL } from './families.js';
import { type Configs, checkTogether, conceptsOf, readConfigs, roomOf } from './folder.js';
import { checkLeftovers } from './leftovers.js';
import { textTensors, unetTensors, vaeTensors } from './networks.js';
import { openClipName, originalUnetName, originalVaeName } from './original-names.js';
import type { ModelParts, TextEncoder } from './parts.js';
import { loadTokenizer } from './tokenizer.js';

/** CLIP's vocabulary, which all of these models share. */
const VOCABULARY = projectPath('models/clip-tokenizer');

type Layout = 'sd1' | 'sd2' | 'xl';

/** Errors: file-not-found, model-unsupported (file and key), model-corrupt, shape-mismatch. */
export function openSingleFile(path: string): ModelParts {
  if (!path.endsWith('.safetensors')) {
    throw new AcclaimError(
      'model-unsupported',
      `${path} is not a safetensors file`,
      'Give a .safetensors file or a folder; pickled weights (.ckpt, .bin, .pt) can run code and are refused.',
    );
  }
  const opened = openSafetensors(path, 'model-corrupt');
  const store = storeOf(opened);
  const layout = layoutOf(store);
  const beside = path.slice(0, -'.safetensors'.length);
  const configured = existsSync(join(beside, 'model_index.json'));
  const configs = configured ? readConfigs(beside) : inferConfigs(store, layout, opened.metadata);
  checkTogether(path, configs);

  const { kind, unetConfig, vaeConfig, scheduler, textConfigs } = configs;
  const used = new Set<string>();
  // Marks of what the file is: inferConfigs reads the first two; the last, which tools read in XL's files
  // only, is refused there.
  const harmless: RegExp[] = [/^(v_pred|ztsnr)$/, ...(layout === 'xl' ? [] : [/^edm_vpred\./])];
  const under =
    (prefix: string, rename: (name: string) => string): KeyMap =>
    (name) => [{ key: prefix + rename(name) }];
  const concepts = conceptsOf(beside, textConfigs);
  const encoders = kind.texts.map((part, i): TextEncoder => {
    const config = textConfigs[i]!;
    const open = layout === 'sd2' || i === 1;
    const prefix = layout === 'xl' ? (i === 0 ? TEXTS.xl1 : TEXTS.xl2) : TEXTS[layout];
    if (layout === 'sd2') {
      harmless.push(/^cond_stage_model\.model\.(text_projection|attn_mask)$/);
      harmless.push(
        new RegExp(`^cond_stage_model\\.model\\.transformer\\.resblocks\\.${config.num_hidden_layers}\\.`),
      );
    }
    const names = open ? openClipNames(prefix, config) : clipNames(store, prefix);
    return {
      config,
      concepts: concepts[i]!,
      weights: bindWeights(store, textTensors(config), names, used),
      // OpenCLIP pads with id 0, which is "!".
      tokenizer: configured
        ? loadTokenizer(join(beside, part.tokenizer), roomOf(config), { concepts: concepts[i]! })
        : loadTokenizer(VOCABULARY, roomOf(config), {
            concepts: concepts[i]!,
            ...(open && { padding: '!' }),
          }),
    };
  });
  const unet = bindWeights(store, unetTensors(unetConfig), under(UNET, originalUnetName(unetConfig)), used);
  const vae = bindWeights(store, vaeTensors(vaeConfig), under(VAE, originalVaeName(vaeConfig)), used);
  checkLeftovers(store, used, harmless);
  return { kind, unetConfig, vaeConfig, scheduler, encoders, unet, vae };
}

/** By where its text encoders stand. Errors: model-unsupported. */
function layoutOf(store: WeightStore): Layout {
  const keys = [...store.tensors.keys()];
  const has = (prefix: string) => keys.some((key) => key.startsWith(prefix));
  const refuse = (why: string) => {
    throw new AcclaimError(
      'model-unsupported',
      `${store.file}: ${why}`,
      'Give a whole checkpoint of the Stable Diffusion 1.x, 2.x or XL family that makes pictures from text.',
    );
  };
  if (!has(UNET)) {
    checkLeftovers(store, new Set());
    return refuse(`there is no tensor ${UNET}*: not a checkpoint`) as never;
  }
  // The refiner has XL's second encoder only, as its first.
  if (has('conditioner.embedders.0.model.'))
    return refuse("conditioner.embedders.0.model.*: SDXL's refiner is not built") as never;
  if (has(TEXTS.xl1) && has(TEXTS.xl2)) return 'xl';
  if (has(TEXTS.sd2)) return 'sd2';
  if (has(TEXTS.sd1)) return 'sd1';
  return refuse('there is no text encoder in it: only a part of a model') as never;
}

/** What files of new tools say of themselves (modelspec): "v" or "epsilon", "768x768". */
function inferConfigs(
  store: WeightStore,
  layout: Layout,
  metadata: Readonly<Record<string, string>>,
): Configs {
  const xl = layout === 'xl';
  const kind: Kind = xl ? XL : SD;
  const said = metadata['modelspec.prediction_type'];
  const marked = store.tensors.has('v_pred');
  // SD 2.x comes in two sizes of the same shapes: 768 with v, which most files are, and the base of 512 with
  // epsilon.
  const v = said === undefined ? marked || layout === 'sd2' : said.startsWith('v');
  const pixels = Number(/^(\d+)x\1$/.exec(metadata['modelspec.resolution'] ?? '')?.[1]);
  const side = (pixels || (xl ? 1024 : layout === 'sd2' && v ? 768 : 512)) / 8;
  const textConfigs: TextConfig[] = {
    sd1: () => [clipConfigOf(store, TEXTS.sd1)],
    sd2: () => [openClipConfigOf(store, TEXTS.sd2, 1)],
    xl: () => [clipConfigOf(store, TEXTS.xl1), openClipConfigOf(store, TEXTS.xl2, 0)],
  }[layout]();
  return {
    kind,
    unetConfig: unetConfigOf(store, xl, side),
    vaeConfig: vaeConfigOf(store, xl),
    scheduler: schedulerConfigOf(v ? 'v_prediction' : 'epsilon', xl, v && store.tensors.has('ztsnr')),
    textConfigs,
  };
}

const clipNames = (store: WeightStore, prefix: string): KeyMap => {
  const rooted = hasTextRoot(store, prefix);
  return (name) => [{ key: prefix + (rooted ? name : name.replace(/^text_model\./, '')) }];
};

/**
 * Query, key and value are thirds of one projection; the pooled state's projection is stored as [in, out].
 */
function openClipNames(prefix: string, config: TextConfig): KeyMap {
  const rename = openClipName(config.num_hidden_layers);
  const thirds = ['q_proj', 'k_proj', 'v_proj'];
  return (name) => {
    const key = prefix + rename(name);
    const index = thirds.findIndex((third) => name.includes(`.self_attn.${third}.`));
    if (index >= 0) return [{ key, part: { index, count: thirds.length } }];
    return [{ key, transposed: name === 'text_projection.weight' }];
  };
}
