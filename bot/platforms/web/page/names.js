// Marks in words, for a reader who no longer sees what they were made on.

/** @param {import('./store.js').Message} message @param {{emoji: string, present: boolean}} mark */
export function markWords({ data }, { emoji, present }) {
  return `${said(data, emoji)}${present ? '' : ', taken back'}`;
}

/** @param {any} data @param {string} emoji */
function said({ cells, sheet, faults = [], says = 'good' }, emoji) {
  if (emoji === 'done') return 'Done';
  if (emoji === 'none') return `nothing ${says} on ${sheet}`;
  const number = Number(/[1-9]$/.exec(emoji)?.[0] ?? 1);
  const name = cells.find((/** @type {any} */ c) => c.number === number)?.name ?? emoji;
  if (emoji.startsWith('star')) return `${name} the best`;
  const fault = faults.find((/** @type {any} */ f) => emoji === `${f.id}-${number}`);
  if (fault) return `${name} ${fault.word}`;
  const [good, bad] = says === 'unsafe' ? ['safe', 'unsafe'] : ['good', 'not good'];
  return `${name} ${emoji === 'like' ? good : emoji === 'dislike' ? bad : says}`;
}
