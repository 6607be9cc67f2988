/**
 * npm run bench -- shapes/make-sdxl [FOLDER]: random weights in Stable Diffusion XL's shape, by default into
 * bench/out/shapes/sdxl.
 */
import { make } from './make.mjs';

make('sdxl', process.argv[2]);
