/**
 * `node run-models.mjs FILE DEVICE`: runs ONNX models on a device of onnxruntime-node, nothing of the engine
 * in between. FILE is JSON, `[{model (base64), feeds: {name: {shape, data}}}]`, all float32; what comes out
 * is `[{name: data} or error]`.
 */
import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';

interface Wanted {
  /** Base64. */
  model: string;
  feeds: Record<string, { shape: number[]; data: number[] }>;
}

const [file, device] = process.argv.slice(2) as [string, string];
const results: (Record<string, unknown[]> | string)[] = [];
const sessions: ort.InferenceSession[] = [];
for (const { model, feeds } of JSON.parse(readFileSync(file, 'utf8')) as Wanted[]) {
  try {
    const options = { executionProviders: [device], logSeverityLevel: 4 } as const;
    const session = await ort.InferenceSession.create(Buffer.from(model, 'base64'), options);
    sessions.push(session);
    const given = Object.entries(feeds).map(([name, { shape, data }]) => [
      name,
      new ort.Tensor('float32', Float32Array.from(data), shape),
    ]);
    const out = await session.run(Object.fromEntries(given));
    results.push(
      Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, [...(data as Float32Array)]])),
    );
  } catch (error) {
    results.push((error as Error).message);
  }
}
for (const session of sessions) await session.release();
process.stdout.write(`${JSON.stringify(results)}\n`);
