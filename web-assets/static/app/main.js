// Behaviour of the pages. Runs under a strict content security policy: nothing here evaluates text or writes markup from
// data; what is streamed goes into fields as plain text.

import './components.js';
import './keyboard.js';
import './clicks.js';
import './sources.js';
import { $, $$ } from './dom.js';
import { network } from './clock.js';
import { cascade, count, fit } from './fields.js';
import { watch } from './streams.js';

// Lines that go after a while, for example a deleted draft with its Undo.
function expire(root) {
  for (const line of $$('[data-expire]', root)) {
    const seconds = Number(line.dataset.expire);
    line.removeAttribute('data-expire');
    setTimeout(() => { if (line.isConnected && !line.contains(document.activeElement)) line.remove(); }, seconds * 1000);
  }
}

function settle(root) {
  for (const field of $$('textarea, input', root)) { count(field); fit(field); }
  for (const parent of $$('[data-cascade]', root)) cascade(parent);
  expire(root);
  watch();
}
document.addEventListener('htmx:afterSettle', (event) => {
  settle(event.detail.elt.parentElement ?? document);
  const wrong = $('[aria-invalid="true"]', event.detail.elt);
  if (wrong && event.detail.xhr?.status === 422) wrong.focus();
});
document.addEventListener('DOMContentLoaded', () => { network(); settle(document); });
