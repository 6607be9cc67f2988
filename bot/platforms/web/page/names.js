// Marks in words, for a reader who no longer sees what they were made on.
import { t } from './words.js';

/** What may be wrong with a picture; the server's own word for what the catalogue does not know. @param {{id: string, word: string}} fault */
export const faultWord = ({ id, word }) => (faults.has(id) ? t(`fault.${id}`) : word);
const faults = new Set(['thing', 'few', 'many', 'colour', 'ugly', 'other']);

/** @param {import('./store.js').Message} message @param {{emoji: string, present: boolean}} mark */
export function markWords({ data }, { emoji, present }) {
  const mark = said(data, emoji);
  return present ? mark : t('named.back', { mark });
}

/** @param {any} data @param {string} emoji */
function said({ cells, sheet, faults: known = [], says = 'good' }, emoji) {
  if (emoji === 'done') return t('named.done');
  if (/^(left|right|both|neither)$/.test(emoji))
    return t('named.duel', { says: t(`duel.${emoji}`), names: cells.map((c) => c.name).join(', ') });
  if (emoji === 'none') return t(`named.none.${says}`, { sheet });
  const number = Number(/[1-9]$/.exec(emoji)?.[0] ?? 1);
  const name = cells.find((/** @type {any} */ c) => c.number === number)?.name ?? emoji;
  if (emoji.startsWith('star')) return t('named.best', { name });
  const fault = known.find((/** @type {any} */ f) => emoji === `${f.id}-${number}`);
  if (fault) return t('named.fault', { name, fault: faultWord(fault) });
  const [good, bad] = says === 'unsafe' ? ['safe', 'unsafe'] : ['good', 'notgood'];
  const word = emoji === 'like' ? good : emoji === 'dislike' ? bad : says;
  return t(`named.${word}`, { name });
}
