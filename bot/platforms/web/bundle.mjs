// The page's modules as one: `node bundle.mjs ENTRY` writes `{code, map}` as JSON to stdout. It is a process
// of its own, because the bundler takes 75 MB of memory that the server would never need again. Plain Node,
// as the sources of the page are.
import { rolldown } from 'rolldown';

const [entry] = process.argv.slice(2);
const bundle = await rolldown({ input: entry, platform: 'browser' });
const { output } = await bundle.generate({ format: 'es', minify: true, sourcemap: 'hidden' });
await bundle.close();
const [{ code, map }] = output;
process.stdout.write(JSON.stringify({ code, map: map.toString() }));
