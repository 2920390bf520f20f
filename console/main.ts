// The console: draws itself into its document and follows its own links.

import { render } from 'preact';
import { App } from './app.ts';
import { h } from './html.ts';
import { followLinks } from './router.ts';

const root = document.querySelector('#app');
if (!root) throw new Error('The document has no place for the console.');
followLinks();
render(h(App, {}), root);
