/** What both looks share: escaping, times, pictures in the page. */

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Hours and minutes, UTC. */
export const time = (ms: number): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(
    new Date(ms),
  );

/** An address that holds the picture itself. */
export function inline(bytes: Buffer): string {
  const type = bytes[0] === 0x89 ? 'png' : bytes[0] === 0xff ? 'jpeg' : 'webp';
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}

/** Our mark, as an avatar. */
export const avatar = `<svg viewBox="0 0 40 40"><rect width="40" height="40" fill="#e5484d"/><path d="M20 31s-11-6.5-11-14a6 6 0 0 1 11-3.4A6 6 0 0 1 31 17c0 7.500-11 14-11 14z" fill="#fff"/></svg>`;

export function page(style: string, body: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box; margin: 0 }
body { font: 15px/1.4 "gg sans", Lato, Inter, "Noto Sans", "DejaVu Sans", sans-serif, "Noto Color Emoji" }
.emoji { font-family: "Noto Color Emoji" }
article { display: flex; gap: 14px }
article > .avatar { flex: none; width: 40px; height: 40px; overflow: hidden }
article > div { min-width: 0; flex: 1 }
${style}</style>${body}`;
}
