/** What a server's settings read, at their bounds and one beyond, and how each is shown again. */
import { expect, it } from 'vitest';
import {
  ruleSettings,
  settingRows,
  settingWords,
  usualSettings,
} from '../../../src/domain/sessions/settings.js';
import { tell } from '../../../src/words/tell.js';
import { rules } from '../../support/rows.js';

const rowOf = (name: string) => settingRows.find((row) => row.name === name)!;
const day = 86_400_000;

it.each([
  ['quorum', '1', 1],
  ['quorum', '100000', 100_000],
  ['quorum', '100001', undefined],
  ['quorum', '0', undefined],
  ['quorum', '1234567', undefined],
  ['quorum', '3 or 4', undefined],
  ['quorum', 'about 3', undefined],
  ['rounds', '1000', 1000],
  ['rounds', '1001', undefined],
  ['images', '256', 256],
  ['images', '257', undefined],
  ['draw-minutes', '5', 5],
  ['draw-minutes', '1441', undefined],
  ['learn-minutes', '1440', 1440],
  ['learn-minutes', '0', undefined],
  ['deadline', '1m', 60_000],
  ['deadline', '90m', 5_400_000],
  ['deadline', '36h', 1.5 * day],
  ['deadline', '365d', 365 * day],
  ['deadline', '366d', undefined],
  ['deadline', '8760h', 365 * day],
  ['deadline', '8761h', undefined],
  ['deadline', '0m', undefined],
  ['deadline', '90', undefined],
  ['deadline', '90s', undefined],
  ['deadline', 'in 90m', undefined],
  ['deadline', '90m or so', undefined],
  ['quiet-hours', 'off', null],
  ['quiet-hours', '22:00-07:00', { from: 1320, to: 420 }],
  ['quiet-hours', '7:05 - 23:59', { from: 425, to: 1439 }],
  ['quiet-hours', '0:00-0:01', { from: 0, to: 1 }],
  ['quiet-hours', '24:00-07:00', undefined],
  ['quiet-hours', '22:60-07:00', undefined],
  ['quiet-hours', '22:00-22:00', undefined],
  ['quiet-hours', 'from 22:00-07:00', undefined],
  ['quiet-hours', '22:00-07:00 UTC', undefined],
  ['review', 'on', true],
  ['review', 'off', false],
  ['review', 'yes', undefined],
  ['ballots', 'sheet', 'sheet'],
  ['ballots', 'gallery', 'gallery'],
  ['ballots', 'list', undefined],
  ['models', 'mini, sd15  xl', ['mini', 'sd15', 'xl']],
  ['models', ' , ', undefined],
  ['channels', '<#123|roses>, #tulips <#4>', ['123', 'tulips', '4']],
])('%s %j is read as %j', (name, text, value) => {
  expect(rowOf(name).read(text)).toEqual(value);
});

it.each([
  ['quorum', 3, '3'],
  ['deadline', 60_000, '1 minute'],
  ['deadline', 5_400_000, '90 minutes'],
  ['deadline', 86_400_000, '24 hours'],
  ['deadline', 172_800_000, '2 days'],
  ['quiet-hours', { from: 425, to: 1430 }, '07:05-23:50 UTC'],
  ['quiet-hours', null, 'off'],
  ['review', true, 'on'],
  ['review', false, 'off'],
  ['review', null, 'off'],
  ['session-images', 200, '200'],
  ['session-images', null, 'no bound'],
  ['models', null, 'all'],
  ['models', ['mini', 'xl'], 'mini, xl'],
  ['channels', null, 'all'],
  ['channels', ['1', '2'], '1, 2'],
])('%s as %j is shown as %j', (name, value, text) => {
  expect(tell(rowOf(name).show(value as never))).toBe(text);
});

it('a value is told with what it counts, and where nothing is set with what the host configured', () => {
  const told = (name: string, value: unknown) => tell(settingWords(rowOf(name), value));
  expect(told('quorum', 1)).toBe('1 voter');
  expect(told('channel-images', 100)).toBe('100 images');
  expect(told('channel-images', null)).toBe('no bound');
  expect(told('picks', true)).toBe('on');
  const usual = usualSettings({ ...rules, quorum: 4, roundMs: 7_200_000 }, true, 'auto');
  const all = settingRows.map((row) => `${row.name} ${tell(settingWords(row, usual[row.key]))}`);
  expect(all.slice(0, 4)).toEqual(['quorum 4 voters', 'deadline 2 hours', 'quiet-hours off', 'review off']);
  expect(all.filter((line) => /undefined|null/.test(line))).toEqual([]);
  expect(all).toContain('approval on');
});

it('what is shown of a number, a time or a choice is read as the same again', () => {
  for (const [name, text] of [
    ['quorum', '7'],
    ['review', 'on'],
    ['ballots', 'gallery'],
    ['language', 'ja'],
    ['session-images', '12'],
    ['channels', '1, 2'],
  ] as const)
    expect(tell(rowOf(name).show(rowOf(name).read(text) as never))).toBe(text);
});

it('running sessions are told of what is set for them, each by itself, and of nothing else', () => {
  const all = {
    quorum: 3,
    roundMs: 1,
    quietHours: null,
    review: false,
    ballots: 'sheet',
    picks: false,
    sessionImages: 1,
    channelImages: 2,
    serverImages: 3,
  } as const;
  const others = { mostRounds: 1, mostImages: 2, memberStarts: true, approval: true, models: ['mini'] };
  expect(ruleSettings({ ...all, ...others })).toEqual(all);
  expect(Object.keys(ruleSettings(others))).toEqual([]);
  for (const [key, value] of Object.entries(all))
    expect(Object.entries(ruleSettings({ [key]: value }))).toEqual([[key, value]]);
});
