// Mounts the page and opens the live line.
import { render } from 'preact';
import { followAddress } from './address.js';
import { App } from './app.js';
import { followFocus } from './focus.js';
import { html } from './html.js';
import { begin, connect } from './live.js';
import { markSeen } from './store.js';
import { language } from './words.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
begin();
document.documentElement.lang = language();
root.textContent = '';
render(html`<${App} />`, root);
followAddress();
followFocus();
void connect();
addEventListener('focus', () => markSeen());
