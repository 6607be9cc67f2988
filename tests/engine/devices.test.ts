/** Devices in the configured order, each tried in a process of its own, and the reasons of those that were not taken. */
import { expect, it } from 'vitest';
import { chooseDevice } from '../../engine/devices.js';

/** A device of another system than this one. */
const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';

it('takes the first that works, and says why those before it were not', async () => {
  const { name, emission, notes } = await chooseDevice([elsewhere, 'cpu', 'cuda']);
  expect(name).toBe('cpu');
  expect(notes).toEqual([expect.stringMatching(new RegExp(`^${elsewhere} is not used: .{10}`))]);
  expect([...emission.plain]).toEqual([]);
});

it('fails with every reason where none works', async () => {
  await expect(chooseDevice([elsewhere])).rejects.toMatchObject({
    code: 'device-unavailable',
    message: expect.stringContaining(`${elsewhere}: `),
    mend: expect.stringContaining('cpu'),
  });
});
