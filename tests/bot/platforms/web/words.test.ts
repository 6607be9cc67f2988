/**
 * The words of the page: each language says all that another says, with the same things filled in, and
 * nothing that people see stands in the page's sources beside the catalogues.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { projectPath } from '../../../../src/files/paths.js';
import { readSources } from '../../../support/imports.js';
import { seenLiterals } from '../../../support/seen-literals.js';

const folder = 'bot/platforms/web/page';
type Said = string | Record<string, string>;

const files = readdirSync(projectPath(folder, 'words')).sort();
const catalogues: [lang: string, said: Record<string, Said>][] = await Promise.all(
  files.map(async (file) => {
    const lang = basename(file, '.js');
    const url = new URL(`../../../../${folder}/words/${file}`, import.meta.url).href;
    return [lang, (await import(url))[lang]] as [string, Record<string, Said>];
  }),
);
const [, en] = catalogues.find(([lang]) => lang === 'en')!;

const forms = (said: Said) => (typeof said === 'string' ? [said] : Object.values(said));
/** What is filled in, and what is set apart. */
const parts = (said: Said) => ({
  filled: [...new Set(forms(said).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort(),
  code: [...new Set(forms(said).flatMap((text) => text.match(/`[^`]+`|\[\[[^\]]+\]\]/g) ?? []))].sort(),
});

describe.each(catalogues)('%s', (lang, said) => {
  it('says all that English says, in the same order, and nothing else', () => {
    expect(Object.keys(said).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(said).length).toBeGreaterThan(200);
  });

  it('fills the same in, and sets the same commands and keys apart', () => {
    for (const [key, own] of Object.entries(said)) expect([key, parts(own)]).toEqual([key, parts(en[key]!)]);
  });

  it('has a form for every plural of the language, and no empty words', () => {
    const plurals = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
    for (const [key, own] of Object.entries(said)) {
      if (typeof own !== 'string') expect([key, Object.keys(own).sort()]).toEqual([key, [...plurals].sort()]);
      expect([key, forms(own).every((text) => text.trim() !== '')]).toEqual([key, true]);
    }
  });
});

const sources = [...readSources([folder])].filter(([path]) => !path.startsWith(`${folder}/words/`));

test('every key is used', () => {
  const all = sources.map(([, source]) => source).join('\n');
  // Whole, or by its beginning where the rest is a name.
  const used = (key: string) =>
    all.includes(`'${key}'`) ||
    key.split('.').some((_, i, names) => i > 0 && all.includes(`\`${names.slice(0, i).join('.')}.\${`));
  const document = ['language', 'opening', 'opening.noscript'];
  expect(Object.keys(en).filter((key) => !used(key) && !document.includes(key))).toEqual([]);
});

test('nothing that people see stands in the sources', () => {
  expect(sources.length).toBeGreaterThan(30);
  expect(sources.flatMap(([path, source]) => seenLiterals(path, source))).toEqual([]);
});

// § stands for the sign that begins a value in a template.
test.each([
  ['text in an element', 'const a = html`<p>Voting is open</p>`;'],
  ['one word in an element', 'const a = html`<button class="link" onClick=§{act}>Done</button>`;'],
  ['text after a value', 'const a = html`<p>§{name} won</p>`;'],
  ['a label', 'const a = html`<button aria-label="Close"></button>`;'],
  ['a title with a value', 'const a = html`<button title=§{`Round §{n}`}></button>`;'],
  ['a placeholder', 'const a = html`<input placeholder="Search" />`;'],
  ['a word that is chosen', "const a = html`<p>§{open ? 'Open' : 'Closed'}</p>`;"],
  ['words in lower case', "const a = ended ? 'nobody judged it' : '';"],
  ['a message', "toast('That did not work.');"],
  ['Japanese', "const a = html`<p>§{'完了'}</p>`;"],
])('%s is found', (_, source) => {
  expect(seenLiterals('x.js', source.replaceAll('§', '$')).length).toBeGreaterThan(0);
});

test.each([
  'const a = html`<p class="said side-name" role="status">§{t(\'round\', { n })}</p>`;',
  "const a = html`<div class=§{on ? 'chip chip-none' : 'chip'}><kbd>G</kbd> · #</div>`;",
  "if (e.key === 'ArrowRight' || e.key === 'Escape') go(1);",
  "document.querySelector('.brand .icon-button, input')?.focus();",
  "call('/api/command', { method: 'POST', text: `/acclaim §{words} ` });",
])('%s is well', (source) => {
  expect(seenLiterals('x.js', source.replaceAll('§', '$'))).toEqual([]);
});
