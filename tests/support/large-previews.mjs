/**
 * Loaded before whatever Node runs (NODE_OPTIONS=--import): an engine then sends, beside each step of
 * drawing, the largest preview that one makes: 64 images of Stable Diffusion at 512x512, of noise, through
 * the engine's own encoder. Drawing them would take minutes; all that comes after the encoder is real.
 */
if (process.send && process.argv[1]?.endsWith('/dist/engine/main.js')) {
  const { sheetOf } = await import('../../dist/engine/jobs/preview.js');
  const { f32 } = await import('../../dist/engine/runtime/tensor.js');
  const { Rng } = await import('../../dist/src/rng.js');
  const colours = {
    base: [0, 0, 0],
    slope: [...[0, 1, 2].map((c) => [0, 1, 2].map((d) => +(c === d))), [0, 0, 0]],
  };
  const latents = f32([64, 4, 64, 64], new Rng(64, 0, 'previews').normals(64 * 4 * 64 * 64));
  const preview = await sheetOf(latents, colours, 64);
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    const drawing = message.type === 'progress' && message.progress.stage === 'sample';
    const { progress } = message;
    return send(drawing ? { ...message, progress: { ...progress, preview } } : message, ...rest);
  };
}
