/**
 * The engine's entry. `import` opens all files of a module graph at once, for which a process that may open
 * few has no room; `require` reads them one after another. What is left for `import` is a handful.
 */
import { createRequire } from 'node:module';

createRequire(import.meta.url)('./jobs/handlers.js');
await import('./process.js');
