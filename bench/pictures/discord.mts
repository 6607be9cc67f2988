/**
 * A channel as Discord shows it, drawn from the messages that the bot sent there: content, embeds,
 * components, files, reactions.
 */
import type { Message, World } from '../../tests/support/discord-peer/world.js';
import { avatar, escaped, inline, page, time } from './html.mjs';

const style = `
body { background: #313338; color: #dbdee1 }
header { padding: 12px 20px; border-bottom: 1px solid #26272b; color: #f2f3f5; font-weight: 600 }
header::before { content: '#'; color: #80848e; font-size: 20px; margin-right: 8px }
main { padding: 18px 20px 22px; display: grid; gap: 20px }
.avatar { border-radius: 50% }
h3 { font-size: 15px; color: #f2f3f5; font-weight: 500; margin-bottom: 2px }
h3 i { font: 600 10px Inter; background: #5865f2; color: #fff; border-radius: 4px; padding: 1px 5px 2px; margin: 0 6px }
h3 small { color: #949ba4; font-size: 12px; font-weight: 400 }
p { white-space: pre-wrap } b { color: #f2f3f5 }
time { background: #3f4147; border-radius: 3px; padding: 0 3px }
.embed { background: #2b2d31; border-left: 4px solid; border-radius: 4px; padding: 10px 16px 12px; margin-top: 4px; max-width: 520px; font-size: 14px }
.embed strong { display: block; color: #f2f3f5; margin-bottom: 4px } .embed footer { color: #949ba4; font-size: 12px; margin-top: 8px }
img { display: block; max-width: 380px; border-radius: 8px; margin-top: 8px }
.row { display: flex; gap: 8px; margin-top: 8px; flex-wrap: wrap }
.button { border-radius: 3px; padding: 6px 16px; font-size: 14px; font-weight: 500; color: #fff; background: #4e5058 }
.s1 { background: #5865f2 } .s3 { background: #248046 } .s4 { background: #da373c }
.select { width: 340px; background: #1e1f22; border: 1px solid #1e1f22; border-radius: 4px; padding: 8px 12px; color: #949ba4; display: flex; justify-content: space-between }
.reactions { display: flex; gap: 4px; margin-top: 8px; flex-wrap: wrap }
.reactions span { background: #2b2d31; border: 1px solid #2b2d31; border-radius: 8px; padding: 2px 8px; font-size: 14px; color: #b5bac1; font-weight: 500 }
.reactions .mine { background: #373a54; border-color: #5865f2; color: #dee0fc } .reactions b { font-size: 16px; margin-right: 6px; font-weight: 400 }
.only { background: #5865f20f; margin: 0 -20px; padding: 10px 20px } .only > div > small { color: #949ba4; font-size: 12px; display: block; margin-top: 8px }
.only em { color: #00a8fc; font-style: normal }
`;

interface Embed {
  title?: string;
  description?: string;
  color?: number;
  footer?: { text: string };
}

/** A button, or a menu (type 3). */
interface Component {
  type: number;
  label?: string;
  style?: number;
  placeholder?: string;
}

interface Shown {
  world: World;
  /** Of the channel. */
  name: string;
  messages: readonly Message[];
  /** What only the member who looks is told. */
  answer: Message;
}

export function discordPage({ world, name, messages, answer }: Shown): string {
  const ann = world.person('ann').user.id;
  const all = messages.map((message) => drawn(message, world, ann)).join('');
  const whispered = `<article class="only"><div class="avatar">${avatar}</div><div>${heading(answer)}${inner(answer, world)}
    <small>👁 Only you can see this · <em>Dismiss message</em></small></div></article>`;
  return page(style, `<header>${escaped(name)}</header><main>${all}${whispered}</main>`);
}

function drawn(message: Message, world: World, me: string): string {
  const reactions = [...(world.reactions.get(message.id) ?? [])]
    .filter(([, [users]]) => users.size > 0)
    .map(
      ([glyph, [users]]) =>
        `<span class="${users.has(me) ? 'mine' : ''}"><b class="emoji">${glyph}</b>${users.size}</span>`,
    );
  const row = reactions.length > 0 ? `<div class="reactions">${reactions.join('')}</div>` : '';
  return `<article><div class="avatar">${avatar}</div><div>${heading(message)}${inner(message, world)}${row}</div></article>`;
}

function heading({ timestamp }: Message): string {
  return `<h3>Acclaim<i>APP</i><small>Today at ${time(Date.parse(timestamp))}</small></h3>`;
}

function inner({ content, embeds, attachments, components }: Message, world: World): string {
  const files = attachments.map(
    ({ id, description }) =>
      `<img src="${inline(world.files.get(id)!)}" alt="${escaped(description ?? '')}" width="380">`,
  );
  const rows = components.map(
    (row) => `<div class="row">${(row.components as unknown as Component[]).map(component).join('')}</div>`,
  );
  return `${content ? `<p>${markdown(content)}</p>` : ''}${embeds.map(embed).join('')}${files.join('')}${rows.join('')}`;
}

function embed({ title, description, color, footer }: Embed): string {
  const colour = `#${(color ?? 0).toString(16).padStart(6, '0')}`;
  return `<div class="embed" style="border-color: ${colour}">${title ? `<strong>${markdown(title)}</strong>` : ''}
    ${description ? `<p>${markdown(description)}</p>` : ''}${footer ? `<footer>${escaped(footer.text)}</footer>` : ''}</div>`;
}

function component({ type, label = '', style: look, placeholder = '' }: Component): string {
  if (type === 3) return `<div class="select"><span>${escaped(placeholder)}</span><span>⌄</span></div>`;
  return `<span class="button s${look}">${escaped(label)}</span>`;
}

/** Of Discord's markdown what the bot uses: bold, escapes, times. */
function markdown(text: string): string {
  return escaped(text)
    .replace(/&lt;t:(\d+):R&gt;/g, (_, seconds) => `<time>${ahead(Number(seconds) * 1000)}</time>`)
    .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replace(/\\([^\w\s])/g, '$1');
}

function ahead(ms: number): string {
  const hours = Math.round((ms - Date.now()) / 3_600_000);
  return hours >= 24
    ? `in ${Math.round(hours / 24) === 1 ? 'a day' : `${Math.round(hours / 24)} days`}`
    : `in ${hours} hours`;
}
