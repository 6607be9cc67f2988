// Requests to our own server. Every failure is an Error whose message is fit to be shown; `code` is the server's.

/** @param {string} path @param {unknown} [body] */
export async function call(path, body) {
  let response;
  try {
    response = await fetch(
      path,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
  } catch {
    throw Object.assign(new Error('The server does not answer. I keep trying.'), { code: 'offline' });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { code = 'internal', message = 'Something went wrong.', mend = '' } = answer.error ?? {};
  throw Object.assign(new Error(`${message} ${mend}`.trim()), { code });
}

/** A small drawer in the browser; a forbidden one is simply empty. */
export const drawer = {
  /** @param {string} name */
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(`acclaim.${name}`) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {string} name @param {unknown} value */
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`acclaim.${name}`);
      else localStorage.setItem(`acclaim.${name}`, JSON.stringify(value));
    } catch {
      // nothing is lost but comfort
    }
  },
};
