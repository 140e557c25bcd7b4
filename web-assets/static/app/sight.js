// Brings parts of the page into sight.

import { $, $$ } from './dom.js';

export function showPane(name) {
  const panes = $('.panes');
  panes.dataset.pane = name;
  for (const button of $$('[data-show]')) button.setAttribute('aria-pressed', String(button.dataset.show === name));
}

// Brings a value of the document into sight: a finding, a line of the tree. Places are counted in characters, selections in UTF-16.
export function goTo(path, { start, end } = {}) {
  const target = $(`#${CSS.escape(path)}`) ?? $(`#p-${CSS.escape(path)}`) ?? $(`#p-${CSS.escape(path.replace(/\.\d+$/, ''))}`) ?? [...$$('[data-path]')].find((field) => path && field.dataset.path.startsWith(`${path}.`) && field.type !== 'hidden');
  if (!target) return false;
  const panes = $('.panes');
  if (panes && target.closest('.pane-doc')) showPane('doc');
  if (panes && target.closest('.pane-left')) {
    showPane('left');
    $('.pane-left .pane-toggle[aria-expanded="false"]')?.click();
  }
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView({ block: 'center' });
  ($(':scope > summary', target) ?? target).focus({ preventScroll: true });
  if (end && target.setSelectionRange) {
    const units = (count) => [...target.value].slice(0, count).join('').length;
    target.setSelectionRange(units(Number(start)), units(Number(end)));
  }
  if (target.matches('.doc-input')) {
    target.dataset.flash = '';
    setTimeout(() => delete target.dataset.flash, 1600);
  }
  return true;
}
