// Clicks that need no component.

import { $, $$ } from './dom.js';
import { toast } from './toasts.js';
import { fit } from './fields.js';
import { goTo } from './sight.js';
import { edited, gather, grow, removeItem } from './pieces.js';
import { editor } from './editor.js';

const clicks = {
  '[data-dialog]': (target) => {
    const dialog = $(`#${target.dataset.dialog}`);
    if (!dialog) return;
    for (const place of dialog.querySelectorAll('[data-copy-of]:empty')) place.append($(`#${place.dataset.copyOf}`).cloneNode(true));
    for (const copy of dialog.querySelectorAll('[data-copy-of] > [id]')) copy.removeAttribute('id');
    dialog.showModal();
  },
  '[data-close]': (target) => { const dialog = target.closest('dialog'); if (dialog.id === 'session-dialog') dialog.dataset.declined = '1'; dialog.close(); },
  '[data-dismiss]': (target) => target.closest(target.dataset.dismiss || '.toast').remove(),
  '[data-copy]': async (target) => {
    await navigator.clipboard.writeText($(`#${CSS.escape(target.dataset.copy)}`).textContent.trim());
    toast({ tone: 'ok', text: 'Copied.' });
  },
  '[data-suggest]': (target) => {
    const field = $('#instructions');
    field.value = field.value.trim() ? `${field.value.trim()}. ${target.textContent}` : target.textContent;
    fit(field);
    field.focus();
  },
  '[data-go]': (target, event) => {
    const path = target.dataset.go || decodeURIComponent((target.getAttribute('href') ?? '').slice(1));
    if (goTo(path, target.dataset)) event.preventDefault();
  },
  '[data-add]': (target) => {
    const field = grow(target.dataset.add);
    if (!field) return;
    if (target.dataset.add === 'epics') gather();
    edited();
    field.focus();
  },
  '[data-remove]': (target) => removeItem(target.closest('[data-item]')),
  '[data-keep]': (target) => editor?.settle(target.dataset.keep),
};
document.addEventListener('click', (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const target = event.target.closest(selector);
    if (target) act(target, event);
  }
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of $$('details[data-menu][open]')) if (!menu.contains(event.target)) menu.open = false;
});
