import { expect, test } from 'vitest';
import { Turns } from '../../../src/chat/turns.js';

test('a person in order, people side by side, clearing after all before and before all after', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const job = (name: string, ms: number) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, ms));
    log.push(`${name} ends`);
  };
  await Promise.all([
    turns.one('m', 'ann', job('ann 1', 20)),
    turns.one('m', 'bea', job('bea 1', 5)),
    turns.one('m', 'ann', job('ann 2', 1)),
    turns.all('m', job('clear', 5)),
    turns.one('m', 'bea', job('bea 2', 1)),
    turns.one('other', 'bea', job('other', 1)),
  ]);
  const at = (what: string) => log.indexOf(what);
  expect(at('bea 1 begins')).toBeLessThan(at('ann 1 ends'));
  expect(at('ann 2 begins')).toBeGreaterThan(at('ann 1 ends'));
  expect(at('clear begins')).toBeGreaterThan(Math.max(at('ann 2 ends'), at('bea 1 ends')));
  expect(at('bea 2 begins')).toBeGreaterThan(at('clear ends'));
  expect(at('other ends')).toBeLessThan(at('clear begins'));
});

test('a job that fails is its own; the next goes on', async () => {
  const turns = new Turns();
  const failed = turns.one('m', 'ann', async () => {
    throw new Error('broken');
  });
  const next = turns.one('m', 'ann', async () => {});
  await expect(failed).rejects.toThrow('broken');
  await next;
  await turns.all('m', async () => {});
});
