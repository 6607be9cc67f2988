/**
 * Sessions of the sizes that people have, for the suites that otherwise play small ones: what a round's
 * progress weighs, and how long a sheet is, depends on it.
 */
import { projectPath } from '../../src/files/paths.js';

/** As a new host's: 18 images in 20 steps on two sheets. Learning is as short as elsewhere. */
export const usual = ['session.images=18', 'session.cells=9', 'sampler.steps=20'];

/** 64 images, in as few steps as there can be; with `largePreviews`, previews as of images of 512x512. */
export const large = ['session.images=64', 'session.cells=9', 'sampler.steps=2'];

/** The environment of an engine that sends them. */
export const largePreviews = {
  NODE_OPTIONS: `--import=${projectPath('dist/tests/support/large-previews.mjs')}`,
};

/** Sides of the sheet that each of those shows: 10 by 7 images, of two latent pixels a side of a pixel. */
export const LARGE_SHEET = [320, 224];
