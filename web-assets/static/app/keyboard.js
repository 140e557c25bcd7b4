// Keys that work on every page.

import { $, $$, shown } from './dom.js';

const typing = (target) => target.closest?.('input, textarea, select, [contenteditable]') !== null;

function step(selector, by, inside) {
  const all = $$(selector).filter(shown);
  if (all.length === 0) return;
  const at = all.findIndex((element) => element.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  (next.matches('a, button') ? next : $(inside, next))?.focus();
  next.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    const own = event.target.closest('form')?.querySelector('[data-main]');
    const main = own ?? $$('main [data-main]').find(shown);
    if (main && !main.disabled) { event.preventDefault(); main.click(); }
    return;
  }
  if (event.key === 'Escape') {
    const open = $('details[data-menu][open]');
    if (open) { open.open = false; $('summary', open).focus(); } else if (typing(event.target)) event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $('dialog[open], [popover]:popover-open')) return;
  const keys = {
    '/': () => $('#search')?.focus(),
    '?': () => $('#shortcuts')?.showModal(),
    c: () => { if ($('#search')) location.assign('/drafts/new'); },
    j: () => step('[data-row]', 1, 'a'),
    k: () => step('[data-row]', -1, 'a'),
    n: () => step('[data-finding]', 1, 'button'),
    p: () => step('[data-finding]', -1, 'button'),
  };
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});
