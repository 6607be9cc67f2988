/** The page's composer, as people type into it. */
import type { Page } from 'playwright-core';

/** Types a command, closes what is offered, and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('combobox', { name: 'Command' });
  await field.fill(text);
  await field.press('Escape');
  await field.press('Enter');
}
