// Mounts the page and opens the live line.
import { render } from 'preact';
import { App } from './app.js';
import { html } from './html.js';
import { connect } from './live.js';
import { markSeen } from './store.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.textContent = '';
render(html`<${App} />`, root);
void connect();
addEventListener('focus', () => markSeen());
