/**
 * The environment of a process in which WebGPU runs without a graphics card: SwiftShader, the software driver
 * that comes with Chromium, or Mesa's lavapipe, which has float16; and Chromium's Vulkan loader.
 * src/setup/setup.mjs makes sure of the first on Linux and fetches the second where it can; elsewhere the
 * system's own driver is taken.
 */
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { projectPath } from '../../src/files/paths.js';
import { chromiumPath } from './browser.js';

/** src/setup/setup.mjs looks in the same places. */
const folders = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome'];
const [DRIVER, LOADER] = ['libvk_swiftshader.so', 'libvulkan.so.1'];

function chromiumFolder(): string {
  const folder = [dirname(realpathSync(chromiumPath())), ...folders].find((f) =>
    [DRIVER, LOADER].every((name) => existsSync(join(f, name))),
  );
  if (!folder) throw new Error(`no ${DRIVER} beside ${LOADER}: apt-get install chromium-common`);
  return folder;
}

/**
 * The environment in which the loader finds this driver alone, until the test file that asks for it at its
 * top is done.
 */
function environmentOf(library: string): NodeJS.ProcessEnv {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-vulkan-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const icd = join(dir, 'driver.json');
  const driver = { library_path: library, api_version: '1.1.0' };
  writeFileSync(icd, JSON.stringify({ file_format_version: '1.0.0', ICD: driver }));
  return { ...process.env, VK_DRIVER_FILES: icd, LD_LIBRARY_PATH: chromiumFolder() };
}

export const softwareVulkan = (): NodeJS.ProcessEnv =>
  process.platform === 'linux' ? environmentOf(join(chromiumFolder(), DRIVER)) : process.env;

const lavapipe = projectPath('dist/tools/lavapipe/libvulkan_lvp.so');

/**
 * With float16; null where src/setup/setup.mjs could not fetch it. Its shaders run a few times each, so that
 * to optimise them takes longer than it saves.
 */
export const halfVulkan = (): NodeJS.ProcessEnv | null =>
  existsSync(lavapipe) ? { ...environmentOf(lavapipe), GALLIVM_PERF: 'nopt' } : null;
