// What the document of a draft says, read from its fields.

import { $$ } from './dom.js';
import { allPieces, meantBy } from './pieces.js';

function valueOf(field, all) {
  if (field.dataset.names) return meantBy(field, all) || (field.dataset.path.endsWith('.epic') ? null : '');
  const text = field.hasAttribute('data-line') ? field.value.replace(/\s*\n\s*/g, ' ') : field.value;
  const name = field.dataset.path.split('.').at(-1);
  if (field.dataset.kind === 'list') return text.split(',').map((word) => word.trim()).filter(Boolean);
  if (field.dataset.kind === 'number') {
    const number = Number(text.replace(',', '.'));
    return text.trim() === '' || Number.isNaN(number) ? null : number;
  }
  return name === 'priority' ? text.trim() || null : text;
}

function put(root, path, value) {
  const parts = path.split('.');
  let at = root;
  parts.forEach((part, index) => {
    if (index === parts.length - 1) at[part] = value;
    else at = at[part] ??= /^\d+$/.test(parts[index + 1]) ? [] : {};
  });
}

// The whole document as the page shows it.
export function readDocument() {
  const whole = {};
  for (const list of $$('#document [data-list-path]')) put(whole, list.dataset.listPath, []);
  const all = allPieces();
  for (const field of $$('#document [data-path]')) put(whole, field.dataset.path, valueOf(field, all));
  // A link that leads nowhere yet is only a line of the page.
  for (const story of whole.stories ?? []) if (story.links) story.links = story.links.filter((link) => link.to);
  return whole;
}

export function mirror(field) {
  if (!field.dataset.path) return;
  for (const copy of $$(`[data-mirror="${field.dataset.path}"]`)) copy.textContent = field.value || 'Untitled';
}
