/**
 * The page of somebody whose marks wait, in a real browser: told so in a line, let in by an invite link; an
 * admin logs in and out.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account } from '../../src/chat/port.js';
import { encodePng } from '../../src/images/png.js';
import { chromiumArgs, chromiumPath } from '../support/browser.js';
import { WebApp } from '../support/web-app.js';

const accessToken = 'sesame-open-the-door';
const good = new Set(['an-invite']);
let dir: string;
let app: WebApp;
let browser: Browser;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-waiting-'));
  const picture = join(dir, 'picture.png');
  writeFileSync(picture, await encodePng({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) }));
  const crowd = {
    redeem: async (code: string) => good.delete(code),
    standing: async ({ waits = false }: Account) => ({ waits, code: 'v1a2b3c4d' }),
  };
  app = new WebApp({ dir, pictures: [picture], accessToken, web: { crowd } });
  await app.start();
  await app.open();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await app?.platform.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

async function visit(hash = '') {
  const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${app.platform.url}/${hash}`);
  await page.getByText('Member').or(page.getByText('Admin')).first().waitFor();
  return page;
}

it('says that marks wait and what to do; an invite link ends that, leaves the address, and is good once', async () => {
  const ann = await visit();
  await ann.getByText('Your marks wait and do not count yet').waitFor();
  await ann.locator('.banner-waits').filter({ hasText: 'ask a moderator to admit v1a2b3c4d' }).waitFor();

  const bob = await visit('#invite=an-invite');
  await expect.poll(() => bob.locator('.banner-waits').count()).toBe(0);
  await expect.poll(() => bob.url()).not.toContain('invite');
  await bob.reload();
  await bob.getByText('Member').waitFor();
  await expect.poll(() => bob.locator('.banner-waits').count()).toBe(0);

  await ann.goto('about:blank');
  await ann.goto(`${app.platform.url}/#invite=an-invite`);
  await ann.getByText('That invite was used already').waitFor();
  await ann.locator('.banner-waits').waitFor();
}, 120_000);

it('lets an admin log out', async () => {
  const boss = await visit(`#token=${accessToken}`);
  await boss.getByText('Admin', { exact: true }).waitFor();
  await expect.poll(() => boss.locator('.banner-waits').count()).toBe(0);
  await boss.getByRole('button', { name: 'Log out' }).click();
  await boss.getByText('Member', { exact: true }).waitFor();
  await boss.locator('.banner-waits').waitFor();
}, 60_000);
