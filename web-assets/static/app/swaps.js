// What stays when parts of the page are replaced: what is open, what is typed, and where somebody looks.

import { $, $$, shown } from './dom.js';
import { send } from './requests.js';
import { fit } from './fields.js';

// Puts the fragment at `url` in place of the element `target`; `select` takes it out of a whole page.
// What somebody has opened or closed in it stays so. Nothing is replaced when `still` says no at that moment.
export async function replace(url, target, { select, still = () => true } = {}) {
  const answer = await send('GET', url, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || !$(target)) return;
  const html = await answer.text();
  if (!still()) return;
  const hold = anchor();
  const putBack = upkeep($(target));
  htmx.swap(target, html, { swapStyle: 'outerHTML' }, select ? { select } : {});
  putBack();
  hold();
}

// What the server opens may close again by itself; what somebody opened or closed by hand may not.
document.addEventListener('click', ({ target }) => {
  const part = target.closest?.('summary')?.parentElement;
  if (part?.id) part.dataset.chosen = 'yes';
});

// Remembers what somebody has opened, closed and typed inside of `root`, and where they type, and gives the way to put it
// back into what has taken its place. Fields of the document are not meant: they are saved, and what the server holds goes.
// The answer to a form that was sent clears what it took: there, only what is open stays.
function upkeep(root, withTyped = true) {
  const asked = $('[popover]:popover-open', root)?.id;
  const open = $$('details[id]', root).filter((part) => part.open || part.dataset.chosen).map((part) => [part.id, part.open]);
  const fields = $$('input[id]:not([type=file], [type=hidden], [type=checkbox], [type=radio]), textarea[id]', root)
    .filter((field) => withTyped && !field.dataset.path);
  const typed = fields.filter((field) => field.value !== field.defaultValue).map((field) => [field.id, field.value]);
  const at = fields.filter((field) => field === document.activeElement).map((field) => [field.id, field.selectionStart, field.selectionEnd]);
  return () => {
    if (withTyped && asked) document.getElementById(asked)?.showPopover();
    for (const [id, was] of open) {
      const part = document.getElementById(id);
      if (!part) continue;
      part.open = was;
      part.dataset.chosen = 'yes';
    }
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (!field || field.value !== field.defaultValue) continue;
      field.value = value;
      fit(field);
    }
    // After the values, and after what hides the field is open again. Fields such as those for numbers know no caret.
    for (const [id, start, end] of at) {
      const field = document.getElementById(id);
      field?.focus({ preventScroll: true });
      if (start !== null) field?.setSelectionRange(start, end);
    }
  };
}

// Remembers what the person looks at and puts it back at the same height after a replacement.
function anchor() {
  const pane = $('.pane-doc .pane-body');
  if (!pane) return () => {};
  const scroller = pane.scrollHeight > pane.clientHeight && getComputedStyle(pane).overflowY !== 'visible' ? pane : document.scrollingElement;
  const top = Math.max(pane.getBoundingClientRect().top, 0);
  const field = $$('.doc-input', pane).find((input) => shown(input) && input.getBoundingClientRect().bottom > top);
  if (!field) return () => {};
  const before = field.getBoundingClientRect().top;
  return () => {
    const same = document.getElementById(field.id);
    if (same) scroller.scrollTop += same.getBoundingClientRect().top - before;
  };
}

// The list of pieces above the document may grow while somebody types below it.
let held = () => {};
document.addEventListener('htmx:beforeSwap', (event) => { if (event.detail.target?.id === 'doc-tree') held = anchor(); });
document.addEventListener('htmx:afterSwap', (event) => { if (event.detail.target?.id === 'doc-tree') held(); });

// What somebody has opened or typed stays when the list around it comes anew by itself.
document.addEventListener('htmx:beforeSwap', ({ target, detail }) => {
  // The answer to files replaces the pane of sources: what is typed in its other forms stays.
  const { elt, verb } = detail.requestConfig ?? {};
  const files = target.id === 'sources' && elt?.matches?.('[data-upload]');
  if (files || target.matches?.('[data-keep-open]')) target.putBack = upkeep(target, files || verb === 'get');
});
document.addEventListener('htmx:afterSwap', ({ target }) => {
  target.putBack?.();
  delete target.putBack;
});

// What stories rest on comes with the list of sources, and takes the place of what the document shows, where it does.
document.addEventListener('htmx:afterSwap', ({ target }) => {
  for (const mark of [...$('template[data-marks]', target)?.content.children ?? []]) {
    const old = document.getElementById(mark.id);
    if (!old) continue;
    mark.open = old.open;
    old.replaceWith(mark);
  }
});
