// Photographs every state of the page (tests/support/page-states.ts): large and phone, light and dark,
// English and Japanese, into bench/out/states/SCREEN-SCHEME-LANGUAGE/STATE.png, and all of a dress on contact
// sheets beside them, to be looked at by somebody.
// It judges nothing: tests/e2e/states.test.ts measures. Usage: npm run bench --
// pictures/states [--only STATE,STATE] [--screen large|phone]; needs the sources and a Chromium.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { projectPath } from '../../src/files/paths.js';
import { chromiumArgs, chromiumPath } from '../../tests/support/browser.js';
import {
  agree,
  appOfStates,
  languages,
  schemes,
  screens,
  show,
  states,
} from '../../tests/support/page-states.js';

const { values: options } = parseArgs({ options: { only: { type: 'string' }, screen: { type: 'string' } } });

/** On one sheet, in their order: four of a large screen in a row, six of a phone. */
async function contact(
  files: readonly string[],
  { width, height }: { width: number; height: number },
  out: string,
): Promise<void> {
  const [across, wide] = width > height ? [4, 480] : [6, 300];
  const tall = Math.round((wide * height) / width);
  const gap = 8;
  const tiles = files.map(async (file, i) => ({
    input: await sharp(file).resize(wide, tall).png().toBuffer(),
    left: (i % across) * (wide + gap),
    top: Math.floor(i / across) * (tall + gap),
  }));
  const rows = Math.ceil(files.length / across);
  const size = { width: across * (wide + gap) - gap, height: rows * (tall + gap) - gap };
  await sharp({ create: { ...size, channels: 3, background: '#888' } })
    .composite(await Promise.all(tiles))
    .png()
    .toFile(out);
}

const only = options.only?.split(',');
const dir = mkdtempSync(join(tmpdir(), 'acclaim-states-'));
const app = await appOfStates(dir);
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
try {
  for (const { name, viewport, phone } of screens.filter(
    (one) => !options.screen || one.name === options.screen,
  ))
    for (const colorScheme of schemes)
      for (const lang of languages) {
        const out = projectPath('bench/out/states', `${name}-${colorScheme}-${lang}`);
        mkdirSync(out, { recursive: true });
        const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
        const context = await browser.newContext({
          viewport,
          colorScheme,
          locale,
          hasTouch: phone,
          isMobile: phone,
          reducedMotion: 'reduce',
        });
        await agree(context, app.platform.url);
        const files: string[] = [];
        for (const state of states.filter(
          (one) => (!one.phone || phone) && (!only || only.includes(one.name)),
        )) {
          const page = await context.newPage();
          page.setDefaultTimeout(20_000);
          await show(page, app.platform.url, state);
          const path = join(out, `${state.name}.png`);
          await page.screenshot({ path });
          files.push(path);
          await page.close();
        }
        await context.close();
        await contact(files, viewport, `${out}.png`);
        process.stdout.write(`${out}.png\n`);
      }
} finally {
  await browser.close();
  await app.platform.stop();
  rmSync(dir, { recursive: true, force: true });
}
