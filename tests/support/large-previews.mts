/**
 * Loaded before whatever Node runs (NODE_OPTIONS=--import): an engine then sends, beside each step of
 * drawing, the largest preview that one makes: 64 images of Stable Diffusion at 512x512, of noise, through
 * the engine's own encoder. Drawing them would take minutes; all that comes after the encoder is real.
 */
import type { JobProgress } from '../../src/queue/jobs.js';

if (process.send && process.argv[1]?.endsWith('/dist/engine/main.js')) {
  const { sheetOf } = await import('../../engine/jobs/preview.js');
  const { f32 } = await import('../../engine/runtime/tensor.js');
  const { Rng } = await import('../../src/rng.js');
  const colours = {
    base: [0, 0, 0],
    slope: [...[0, 1, 2].map((c) => [0, 1, 2].map((d) => +(c === d))), [0, 0, 0]],
  };
  const latents = f32([64, 4, 64, 64], new Rng(64, 0, 'previews').normals(64 * 4 * 64 * 64));
  const preview = await sheetOf(latents, colours, 64);
  const send = process.send.bind(process) as (...said: unknown[]) => boolean;
  process.send = (message: { type: string; progress?: JobProgress }, ...rest: unknown[]) => {
    const { type, progress } = message;
    const drawing = type === 'progress' && progress?.stage === 'sample';
    return send(drawing ? { ...message, progress: { ...progress, preview } } : message, ...rest);
  };
}
