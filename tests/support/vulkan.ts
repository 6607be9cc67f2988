/**
 * The environment of a process in which WebGPU runs without a graphics card: SwiftShader, the software driver that comes with
 * Chromium, and its Vulkan loader. src/setup.mjs makes sure of it on Linux; elsewhere the system's own driver is taken.
 */
import { existsSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromiumPath } from './browser.js';

/** src/setup.mjs looks in the same places. */
const folders = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome'];
const [DRIVER, LOADER] = ['libvk_swiftshader.so', 'libvulkan.so.1'];

export function softwareVulkan(): NodeJS.ProcessEnv {
  if (process.platform !== 'linux') return process.env;
  const folder = [dirname(realpathSync(chromiumPath())), ...folders].find((f) =>
    [DRIVER, LOADER].every((name) => existsSync(join(f, name))),
  );
  if (!folder) throw new Error(`no ${DRIVER} beside ${LOADER}: apt-get install chromium-common`);
  const icd = join(mkdtempSync(join(tmpdir(), 'acclaim-vulkan-')), 'swiftshader.json');
  const driver = { library_path: join(folder, DRIVER), api_version: '1.1.0' };
  writeFileSync(icd, JSON.stringify({ file_format_version: '1.0.0', ICD: driver }));
  return { ...process.env, VK_DRIVER_FILES: icd, LD_LIBRARY_PATH: folder };
}
