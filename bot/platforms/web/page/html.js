// Markup as tagged templates: h from preact, no compiler.
import htm from 'htm';
import { h } from 'preact';

export const html = htm.bind(h);
