/** A channel as Slack shows it, drawn from the messages that the bot sent there: blocks, files, reactions. */
import type { Message } from '../../tests/support/slack-peer/peer.js';
import type { Block, Body } from '../../tests/support/slack-peer/rules.js';
import { avatar, escaped, inline, page, time } from './html.mjs';

const glyphs: Readonly<Record<string, string>> = {
  one: '1\uFE0F\u20E3',
  two: '2\uFE0F\u20E3',
  three: '3\uFE0F\u20E3',
  four: '4\uFE0F\u20E3',
  five: '5\uFE0F\u20E3',
  six: '6\uFE0F\u20E3',
  seven: '7\uFE0F\u20E3',
  eight: '8\uFE0F\u20E3',
  nine: '9\uFE0F\u20E3',
  no_entry_sign: '\u{1F6AB}',
  white_check_mark: '\u2705',
  star: '\u2B50',
  '+1': '\u{1F44D}',
  '-1': '\u{1F44E}',
};

const style = `
body { background: #fff; color: #1d1c1d }
header { padding: 13px 20px; border-bottom: 1px solid #e8e8e8; font-weight: 800; font-size: 17px }
header::before { content: '# '; color: #616061; font-weight: 400 }
main { padding: 18px 20px 22px; display: grid; gap: 20px }
.avatar { border-radius: 8px }
h3 { font-size: 15px; font-weight: 800; margin-bottom: 2px }
h3 i { font: 700 10px Inter; background: #e8e8e8; color: #616061; border-radius: 2px; padding: 1px 4px; margin: 0 8px 0 5px }
h3 small { color: #616061; font-size: 12px; font-weight: 400 }
p { white-space: pre-wrap; max-width: 600px }
.file { color: #616061; font-size: 13px; margin-top: 8px } img { display: block; max-width: 360px; border-radius: 8px; margin-top: 6px; border: 1px solid #e8e8e8 }
.row { display: flex; gap: 8px; margin-top: 10px }
.button { border: 1px solid #bbb; border-radius: 4px; padding: 4px 13px 5px; font-weight: 700; font-size: 14px }
.primary { background: #007a5a; border-color: #007a5a; color: #fff } .danger { color: #e01e5a; border-color: #e01e5a }
.select { width: 280px; border: 1px solid #bbb; border-radius: 4px; padding: 5px 12px; color: #616061; display: flex; justify-content: space-between }
.reactions { display: flex; gap: 4px; margin-top: 10px; flex-wrap: wrap }
.reactions span { background: #efefef; border-radius: 24px; padding: 2px 10px; font-size: 12px; border: 1px solid #efefef }
.reactions .mine { background: #e3f1fa; border-color: #1d9bd1; color: #1264a3; font-weight: 700 } .reactions b { font-size: 15px; margin-right: 6px; font-weight: 400 }
.only > div > small { color: #616061; font-size: 12px; display: block; margin-bottom: 4px }
`;

/** File of Slack's -> its bytes. */
type Files = ReadonlyMap<string, Buffer>;

/** Part of a text, or of a row of buttons and menus. */
interface Element {
  type: string;
  text?: string | { text: string };
  style?: string | { bold?: boolean };
  timestamp?: number;
  placeholder?: { text: string };
  elements?: Element[];
}

interface Shown {
  /** The bot's user. */
  bot: string;
  /** The member who looks. */
  me: string;
  /** Of the channel. */
  name: string;
  messages: readonly Message[];
  /** What only the member who looks is told. */
  answer: Body;
  files: Files;
}

export function slackPage({ bot, me, name, messages, answer, files }: Shown): string {
  const ours = messages.filter(({ user }) => user === bot);
  const all = ours.map((message) => drawn(message, files, me)).join('');
  const last = ours.at(-1)!.ts;
  const whispered = `<article class="only"><div class="avatar">${avatar}</div><div><small>👁 Only visible to you</small>
    ${heading(last)}${(answer.blocks ?? []).map((block) => drawBlock(block, files)).join('')}</div></article>`;
  return page(style, `<header>${escaped(name)}</header><main>${all}${whispered}</main>`);
}

function drawn({ ts, blocks = [], reactions = [] }: Message, files: Files, me: string): string {
  const set = reactions.filter(({ users }) => users.length > 0);
  const row = set.map(
    ({ name, users }) =>
      `<span class="${users.includes(me) ? 'mine' : ''}"><b class="emoji">${glyphs[name] ?? `:${escaped(name)}:`}</b>${users.length}</span>`,
  );
  return `<article><div class="avatar">${avatar}</div><div>${heading(ts)}
    ${blocks.map((block) => drawBlock(block, files)).join('')}
    ${row.length > 0 ? `<div class="reactions">${row.join('')}</div>` : ''}</div></article>`;
}

function heading(ts: string): string {
  return `<h3>Acclaim<i>APP</i><small>${time(Number(ts.split('.')[0]) * 1000)}</small></h3>`;
}

function drawBlock(block: Block, files: Files): string {
  const elements: Element[] = block.elements ?? [];
  if (block.type === 'rich_text')
    return elements.map(({ elements = [] }) => `<p>${elements.map(drawText).join('')}</p>`).join('');
  if (block.type === 'image')
    return `<img src="${inline(files.get(block.slack_file!.id!)!)}" alt="${escaped(block.alt_text ?? '')}" width="360">`;
  if (block.type === 'actions') return `<div class="row">${elements.map(drawElement).join('')}</div>`;
  throw new Error(`no look for a block of type ${block.type}`);
}

function drawText({ type, text = '', style: look, timestamp = 0 }: Element): string {
  if (type === 'date') {
    const at = new Date(timestamp * 1000);
    const tomorrow = at.getUTCDate() === new Date(Date.now() + 86_400_000).getUTCDate();
    return escaped(`${tomorrow ? 'tomorrow' : 'today'} ${time(at.getTime())}`);
  }
  const words = escaped(wordsOf(text));
  return typeof look === 'object' && look.bold ? `<b>${words}</b>` : words;
}

const wordsOf = (text: string | { text: string }) => (typeof text === 'string' ? text : text.text);

function drawElement({ type, text = '', placeholder, style: look }: Element): string {
  if (type === 'static_select')
    return `<div class="select"><span>${escaped(placeholder?.text ?? '')}</span><span>⌄</span></div>`;
  return `<span class="button ${typeof look === 'string' ? look : ''}">${escaped(wordsOf(text))}</span>`;
}
