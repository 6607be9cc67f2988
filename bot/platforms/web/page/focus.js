// Where the focus goes when what had it is gone (dismissed, sent, closed): to the messages, so that keys and
// screen readers go on from there and not from the top of the page.

/** What has the focus, or had it until it went. @type {HTMLElement | null} */
let last = null;

export function followFocus() {
  addEventListener('focusin', (e) => {
    last = /** @type {HTMLElement} */ (e.target);
  });
  addEventListener('focusout', (e) => {
    const from = /** @type {HTMLElement} */ (e.target);
    // Who presses on nothing wants no focus; what is taken away is another matter.
    setTimeout(() => {
      if (last === from && from.isConnected) last = null;
    });
  });
}

/** After the page was drawn anew. */
export function keepFocus() {
  const at = document.activeElement;
  if (!last || last.isConnected || (at !== null && at !== document.body)) return;
  last = null;
  const asked = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (asked) /** @type {HTMLElement | null} */ (asked.querySelector('[autofocus], button'))?.focus();
  else focusFeed();
}

/** The messages take the focus: arrows scroll them, Tab goes on in them. */
export function focusFeed() {
  /** @type {HTMLElement | null} */ (document.querySelector('.feed'))?.focus({ preventScroll: true });
}

/** @type {(() => void) | null} */
let next = null;

/** What is asked in front closes now: the focus goes on there, not back to what opened it. @param {() => void} go */
export function focusAfter(go) {
  next = go;
}

/** It is closed. */
export function dialogClosed() {
  next?.();
  next = null;
}
