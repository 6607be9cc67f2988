/**
 * npm run bench -- shapes/make-sd15 [FOLDER]: random weights in Stable Diffusion 1.5's shape, by default into
 * bench/out/shapes/sd15.
 */
import { make } from './make.mjs';

make('sd15', process.argv[2]);
