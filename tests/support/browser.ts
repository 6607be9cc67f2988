/**
 * Where a Chromium is: CHROMIUM, else the first on the PATH, else Chrome on macOS. src/setup/setup.mjs makes
 * sure of one.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export function chromiumPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = [
    ...(process.env.CHROMIUM ? [process.env.CHROMIUM] : []),
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error('no Chromium: apt-get install chromium, or CHROMIUM=/path/to/chrome');
  return found;
}

/** As root Chromium needs --no-sandbox; the rest keeps it from calling home. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
