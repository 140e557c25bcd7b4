// Short messages in the corner of the page.

import { $ } from './dom.js';

export function toast({ tone = 'info', text, stay = false }) {
  const tray = $('#toasts');
  const blank = $('#toast-template');
  if (!tray || !blank || !text) return;
  const box = blank.content.firstElementChild.cloneNode(true);
  $('[data-text]', box).textContent = text;
  $('.icon', box).classList.add(`ink-${['ok', 'warn', 'bad'].includes(tone) ? tone : 'info'}`);
  tray.append(box);
  while (tray.childElementCount > 3) tray.firstElementChild.remove();
  if (!stay) setTimeout(() => box.remove(), 6000);
}
document.addEventListener('toast', (event) => toast(event.detail));

export function undo(text, act) {
  toast({ tone: 'info', text, stay: true });
  const box = $('#toasts').lastElementChild;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-sm';
  button.textContent = 'Undo';
  button.addEventListener('click', () => { act(); box.remove(); });
  box.insertBefore(button, box.lastElementChild);
  setTimeout(() => box.remove(), 10000);
}
