/**
 * What the server says, in each language. That a text is there is a matter of types; here are its holes, its
 * commands, its use, and that nothing that people read stands beside the catalogue.
 */

import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import { commandSpecs } from '../../bot/commands/table.js';
import { commandBodies } from '../../bot/platforms/discord/commands.js';
import { consentCard, noticeCard, notices, welcomeCard } from '../../bot/views/notice.js';
import { progressCard } from '../../bot/views/progress.js';
import { whyItWaits } from '../../bot/views/waits.js';
import { checkHealth, type Probe } from '../../engine/learn/collapse-guard.js';
import { ghostWords } from '../../engine/learn/ghosts.js';
import type { Unhealthy } from '../../engine/learn/trainer.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { inSentences } from '../../src/errors.js';
import { jobSchemas } from '../../src/queue/jobs.js';
import type { Beat, Need } from '../../src/queue/matching/ability.js';
import { lacking } from '../../src/queue/matching/routing.js';
import { awayBucket, awayRedis, refusingRedis } from '../../src/queue/matching/unschedulable.js';
import { nouns } from '../../src/words/en.js';
import { ja, jaCounts } from '../../src/words/ja.js';
import { languageOf, languages, tell, told } from '../../src/words/tell.js';
import { counted, english, listed, say, sentences, type Text } from '../../src/words/text.js';
import { readSources } from '../support/imports.js';
import { makeRound, makeSession } from '../support/rows.js';

interface Node {
  type: string;
  value?: unknown;
  callee?: { name?: string };
  arguments?: Node[];
  quasis?: { value: { cooked: string } }[];
}

/** Visits all nodes; what `into` says no to is not looked into. */
function walk(node: unknown, visit: (node: Node) => boolean): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  else if (typeof node === 'object' && node !== null && visit(node as Node))
    for (const inner of Object.values(node)) walk(inner, visit);
}

const isSay = ({ type, callee }: Node) => type === 'CallExpression' && callee?.name === 'say';

const sources = [...readSources(['src', 'bot', 'engine'])].filter(([path]) => path.endsWith('.ts'));

const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
/** Commands as they are typed; Japanese may put nothing more into bold, and moves what it has. */
const commands = (text: string) => (text.match(/\*\*\/?acclaim [^*]+\*\*|`[^`]+`/g) ?? []).sort();

describe('Japanese', () => {
  it('fills in the same, names the same commands, and says something', () => {
    for (const [key, own] of Object.entries(ja)) {
      expect([key, holes(own), commands(own)]).toEqual([key, holes(key), commands(key)]);
      expect([key, own.trim() !== '']).toEqual([key, true]);
    }
  });

  it('has no text that nobody says', () => {
    const said = new Set<unknown>();
    for (const [path, source] of sources)
      if (/\bsay\(/.test(source))
        walk(parseAst(source, { lang: 'ts' }), (node) => {
          if (isSay(node)) said.add(node.arguments?.[0]?.value);
          return path !== '';
        });
    expect(Object.keys(ja).filter((key) => !said.has(key))).toEqual([]);
    expect(said.size).toBeGreaterThan(700);
  });

  it('counts what English counts', () => {
    expect(Object.keys(jaCounts).sort()).toEqual(Object.keys(nouns).sort());
    expect([1, 3].map((n) => tell(counted(n, 'person'), 'ja'))).toEqual(['1人', '3人']);
    expect([1, 3].map((n) => tell(counted(n, 'person')))).toEqual(['1 person', '3 people']);
  });
});

const japanese = /[ぁ-んァ-ン一-龠、]/;
/** Two words of Latin letters in a row, names of ours and what is typed left out. */
const latin = /[A-Za-z]{3,} [a-z]{2,}/;
const without = (text: string) =>
  text.replace(/\*\*\/acclaim [^*]*\*\*|「[^」]*」|npm run[^*]*|acclaim (invite|doctor)[^*]*|im:write/g, '');

describe('a channel that reads Japanese', () => {
  const session = makeSession({ criterion: 'it sits', reading: { unknown: ['zebra'] } });

  it('is told nothing in English: notices, first words, consent', () => {
    const cards = [
      ...Object.keys(notices).map((code) =>
        noticeCard({
          key: code,
          session,
          notice: code as keyof typeof notices,
          values: { round: 2, cell: 'B4' },
        }),
      ),
      welcomeCard('w', session, { draw: 90, learn: 4000, memory: 800, rounds: 3 }),
      consentCard(30),
    ].map((one) => told(one, 'ja'));
    for (const { title, text, buttons } of cards) {
      const all = [title, text, ...buttons.map(({ label }) => label)].map(without).join('\n');
      expect(all).not.toMatch(latin);
      expect(all).not.toContain('[object');
    }
  });

  it('is told in Japanese what a learner says of a round, and what rounds of before kept as it stands', () => {
    const round = makeRound(session, 1, { state: 'done' });
    const shown = (notes: Text[]) => {
      const learned = { steps: 3, learned: true, notes, seconds: 2 };
      const bar = { kind: 'learn', is: 'full' } as const;
      return told(progressCard({ key: 'p', session, round: { ...round, learned }, bar, job: null }), 'ja')
        .text;
    };
    const probe = { diversity: 1, scale: 1 };
    const bounds = { maxGrowth: 4, minDiversity: 0.25, maxDiversity: 1.5, maxDrift: 1.5 };
    const norm = (x: number) => ({ w: f32([1], [x]) });
    const fault = (...of: [number, Probe]) => {
      try {
        checkHealth(bounds, norm(1), norm(of[0]), probe, of[1]);
      } catch (error) {
        return (error as Unhealthy).why;
      }
      return '';
    };
    const why = [
      fault(5, probe),
      fault(1, { ...probe, diversity: 0.1 }),
      fault(1, { ...probe, diversity: 3 }),
      fault(1, { ...probe, scale: 9 }),
    ];
    for (const note of [
      ...ghostWords(3),
      ...why.map((of) =>
        say("This round's training was undone because {why}; the model stays as it was.", { why: of }),
      ),
    ]) {
      // As it crosses from the engine, and lies in the database.
      const kept = jobSchemas.learn.result.shape.notes.parse(JSON.parse(JSON.stringify([note])));
      expect(shown(kept)).not.toMatch(latin);
      expect(shown(kept)).toMatch(/[ぁ-ん]/);
    }
    expect(shown(['Step halved.'])).toContain('Step halved.');
  });

  it('is told in Japanese why a job waits', () => {
    const need = { models: ['m'], memoryMb: 9000, folder: 'f', not: [] } as unknown as Need;
    const none = { aside: new Set<string>(), short: new Set<string>(), older: false };
    const beat = (of: Partial<Beat>) =>
      ({ engine: 'a', models: ['m'], memoryMb: 9999, folder: 'f', ...of }) as Beat;
    const held = [
      awayRedis,
      refusingRedis,
      awayBucket(new Error('x')),
      lacking([], need, none),
      lacking([], need, { ...none, older: true }),
      lacking([beat({ folder: 'g' })], need, none),
      lacking([beat({ models: [] })], need, none),
      lacking([beat({ memoryMb: 1000 })], need, none),
      lacking([beat({})], need, { ...none, short: new Set(['a']) }),
      { code: 'disk-full', message: 'no space is left on the disk; whoever runs me must free some' },
      { code: 'files-exhausted', message: 'too many open files; whoever runs me must raise the limit' },
    ];
    expect(new Set(held.map((one) => one!.message)).size).toBe(11);
    for (const one of held) {
      const text = tell(whyItWaits(one!), 'ja');
      expect([text, latin.test(text), /[ぁ-ん]/.test(text)]).toEqual([text, false, true]);
    }
    expect(tell(whyItWaits({ code: 'no-memory', message: 'some words of before.' }), 'ja')).toBe(
      'some words of before',
    );
  });

  it('is offered commands in Japanese, which fit where Discord shows them in both languages', () => {
    const found: string[][] = [];
    walk(commandBodies(commandSpecs), (node) => {
      const { description, description_localizations } = node as unknown as Record<string, unknown>;
      if (description_localizations)
        found.push([String(description), ...Object.values(description_localizations)]);
      return true;
    });
    expect(found.length).toBeGreaterThan(100);
    for (const [own, other] of found) {
      expect([own, own!.length <= 100, /…$/.test(own!)]).toEqual([own, true, false]);
      expect([other, other!.length <= 100, /…$/.test(other!), japanese.test(other!)]).toEqual([
        other,
        true,
        false,
        true,
      ]);
    }
  });
});

it('what views and commands say stands in the catalogue alone', () => {
  const wrong: string[] = [];
  for (const [path, source] of sources) {
    if (!/^bot\/(views|commands)\//.test(path)) continue;
    walk(parseAst(source, { lang: 'ts' }), (node) => {
      if (isSay(node)) {
        walk(node.arguments?.slice(1), (inner) => see(inner));
        return false;
      }
      return see(node);
    });
    function see({ type, value, quasis = [] }: Node): boolean {
      const text = type === 'TemplateLiteral' ? quasis.map((q) => q.value.cooked).join('◊') : value;
      if (typeof text === 'string' && /^[A-Z◊][a-z◊]*[ ,.:].*[a-z]{2,} [a-z]{2,}/.test(text))
        wrong.push(`${path}: ${text}`);
      return true;
    }
  }
  expect(wrong).toEqual([]);
});

describe('texts', () => {
  it('are told as their reader reads, and as they stand to whoever reads none of our languages', () => {
    const text = sentences(say('The votes are counted.'), '', say('Round {round}', { round: 3 }));
    expect([tell(text), tell(text, 'ja'), tell(text, 'xx')]).toEqual([
      'The votes are counted. Round 3',
      '票を数えました。ラウンド3',
      'The votes are counted. Round 3',
    ]);
    expect(tell(listed(['A1', 'B2']), 'ja')).toBe('A1、B2');
    expect(['ja-JP', 'JA', 'en_GB', 'fr', '', null].map(languageOf)).toEqual([
      'ja',
      'ja',
      'en',
      undefined,
      undefined,
      undefined,
    ]);
    expect(languages).toEqual(['en', 'ja']);
  });

  it('survive being stored, and a text that is not known any more is told in English', () => {
    const stored = JSON.parse(JSON.stringify(say('Round {round}', { round: '{x}' })));
    expect(tell(stored, 'ja')).toBe('ラウンド{x}');
    expect(tell({ ...stored, key: 'Gone {round}' }, 'ja')).toBe('Gone {x}');
  });

  it('end as sentences do', () => {
    const refusal = { message: say('a session needs a prompt'), hint: say('Say what to draw.') };
    expect(tell(inSentences(refusal), 'ja')).toBe(
      'セッションにはプロンプトが必要です。何を生成するかを書いてください。',
    );
    expect(english(inSentences(refusal))).toBe('a session needs a prompt. Say what to draw.');
  });
});
