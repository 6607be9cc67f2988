// Requests to our own server. Every failure is an Error whose message is fit to be shown; `code` is the
// server's.
import { t } from './words.js';

/** @param {string} path @param {unknown} [body] @param {number} [patience] ms after which no answer is a missing one */
export async function call(path, body, patience) {
  let response;
  let answer;
  const giveUp = new AbortController();
  const timer = patience === undefined ? undefined : setTimeout(() => giveUp.abort(), patience);
  try {
    response = await fetch(path, {
      signal: giveUp.signal,
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    // What is no JSON is not from our server: a proxy's page about a server that is away.
    answer = await response.json();
  } catch {
    throw Object.assign(new Error(t('api.offline')), { code: 'offline' });
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return answer;
  const { code = 'internal', message = t('api.internal'), hint = '' } = answer.error ?? {};
  const after = 1000 * (Number(response.headers.get('retry-after')) || 0);
  const said = /[.!?…。]$/.test(message) ? message : `${message}.`;
  throw Object.assign(new Error(`${said} ${hint}`.trim()), { code, after, mine: answer.mine });
}
