/**
 * The page in a real browser over TLS, through a real nginx that runs docs/deploy/nginx.conf: votes, live
 * line, cookies.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { TestNginx } from '../support/nginx.js';
import { until } from '../support/wait.js';
import { WebApp } from '../support/web-app.js';

const token = 'a-long-enough-token';
const warnings: string[] = [];
let dir: string;
let app: WebApp;
let nginx: TestNginx;
let browser: Browser;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-proxy-'));
  const picture = join(dir, 'picture.png');
  writeFileSync(picture, await encodePng({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) }));
  app = new WebApp({
    dir,
    pictures: [picture],
    images: 4,
    quorum: 2,
    accessToken: token,
    web: {
      hostNames: ['taste.example.org'],
      trustProxy: ['loopback'],
      onWarning: ({ message }) => warnings.push(message),
    },
  });
  await app.start();
  nginx = await TestNginx.sample(app.platform.url);
  const name = '--host-resolver-rules=MAP taste.example.org 127.0.0.1';
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs, name] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await nginx?.stop();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

it('votes, sees a round open and close, and keeps its cookies to TLS', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`https://taste.example.org:${nginx.port}/#token=${token}`);
  await page.getByRole('combobox', { name: 'Command' }).waitFor();
  // It opens while the page stands there: the live line is not held up on the way.
  await app.open();
  await page.getByRole('button', { name: 'A1 is good', exact: true }).click();
  await page.getByRole('button', { name: 'Agree and vote' }).click();
  await until(() => app.events.some((event) => event.kind === 'reaction'), 'the vote');
  const cookies = await context.cookies();
  expect(
    cookies.map(({ name, secure, httpOnly }) => [name.replace(/_[0-9a-f]{6}/, ''), secure, httpOnly]),
  ).toEqual(
    expect.arrayContaining([
      ['acclaim', true, true],
      ['acclaim_admin', true, true],
    ]),
  );
  await app.close(app.rounds[0]!);
  await page.getByRole('heading', { name: 'Round 1 is closed' }).waitFor();
  expect(warnings).toEqual([]);
}, 60_000);
