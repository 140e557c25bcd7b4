// The document of a draft in the page: its pieces, what they are called, and how they come and go.

import { $, $$ } from './dom.js';
import { undo } from './toasts.js';

const labels = { given: 'Given', when: 'When', then: 'Then' };
const listOf = (path) => $(`[data-list-path="${path}"]`);

// Tells that the document is no longer what the server has.
export const edited = () => document.dispatchEvent(new Event('document-edited'));

// A new piece of the document from its template; only attribute values are filled in.
function piece(name, values) {
  const fresh = $(`#t-${name}`).content.firstElementChild.cloneNode(true);
  for (const element of [fresh, ...$$('*', fresh)]) {
    for (const attribute of [...element.attributes]) {
      let value = attribute.value;
      for (const [mark, text] of Object.entries(values)) value = value.replaceAll(mark, text);
      if (value !== attribute.value) element.setAttribute(attribute.name, value);
    }
  }
  return fresh;
}

// Adds one piece at the end of the list at `path`, for example stories.0.subtasks.
export function grow(path) {
  const list = listOf(path);
  if (!list) return null;
  const parts = path.split('.');
  const name = parts.at(-1);
  const index = String(list.childElementCount);
  let fresh;
  if (name in labels) {
    fresh = piece('clause', { __p__: `${path}.${index}`, __l__: labels[name] });
    $('span', fresh).textContent = index === '0' ? labels[name] : 'And';
  } else {
    fresh = piece(name, parts.length === 1 ? { __s__: index } : { __s__: parts[1], __i__: index });
  }
  const own = $(`[data-path="${path}.${index}.id"]`, fresh);
  if (own) own.value = newReference(path);
  if ($('#document[data-busy]')) {
    for (const field of $$('.doc-input', fresh)) field.readOnly = true;
    // A story that is being written shows its parts when text has come to them: nothing below moves while it grows.
    if (fresh.matches('[data-story]')) fresh.dataset.arriving = '';
  }
  list.append(fresh);
  $('#doc-empty')?.remove();
  return $('.doc-input', fresh);
}

// Epics, stories and sub-tasks have references (e1, s2, s2.1) by which others name them; none is given twice.
const references = new Set();
function noteReferences(root) {
  for (const field of $$('input[type="hidden"][data-path$=".id"]', root)) references.add(field.value);
}
function newReference(path) {
  noteReferences($('#document'));
  const lead = { epics: 'e', stories: 's' }[path] ?? `${$(`[data-path="${path.replace(/subtasks$/, 'id')}"]`)?.value}.`;
  let number = 1;
  while (references.has(lead + number)) number += 1;
  references.add(lead + number);
  return lead + number;
}

// Reference and name of every epic or every story of the document.
function pieces(kind) {
  return [...(listOf(kind)?.children ?? [])].map((item, index) => {
    const part = (name) => $(`[data-path="${kind}.${index}.${name}"]`, item)?.value.trim() ?? '';
    const name = (kind === 'epics' && part('name')) || part('summary') || `${kind === 'epics' ? 'Epic' : 'Story'} ${index + 1}`;
    return { id: part('id'), name, kind };
  });
}
export const allPieces = () => [...pieces('epics'), ...pieces('stories')];

// What a field means that names another piece: its reference, a key, or what was typed.
export function meantBy(field, all) {
  const text = field.value.trim();
  const fitting = all.filter((one) => field.dataset.names.includes(one.kind) && text !== '');
  const found = fitting.find((one) => one.id === field.dataset.ref && one.name === text)
    ?? fitting.find((one) => one.name === text) ?? fitting.find((one) => one.id === text);
  if (found) field.dataset.ref = found.id; else delete field.dataset.ref;
  if (found) return found.id;
  return /^[a-z][a-z0-9_]*-\d+$/i.test(text) ? text.toUpperCase() : text;
}

// Fields that name a piece say what it is called now.
export function rename(all = allPieces()) {
  const names = new Map(all.map(({ id, name }) => [id, name]));
  for (const field of $$('#document [data-ref]')) field.value = names.get(field.dataset.ref) ?? field.value;
}

// What a field that names another piece can name.
document.addEventListener('focusin', (event) => {
  const field = event.target;
  if (!field.dataset?.names) return;
  const own = $('[data-path$=".id"]', field.closest('[data-story]'))?.value;
  const offered = allPieces().filter(({ id, kind }) => field.dataset.names.includes(kind) && id !== own);
  $(`#${field.getAttribute('list')}`)?.replaceChildren(...offered.map(({ id, name, kind }) => {
    const option = document.createElement('option');
    option.value = name;
    option.label = `${kind === 'epics' ? 'Epic' : 'Story'} of this draft, ${id}`;
    return option;
  }));
});

// The first epic takes in the stories that have none yet.
export function gather() {
  const [epic, more] = pieces('epics');
  const alone = $$('#document [data-path$=".epic"]').filter((field) => !field.value.trim());
  if (!epic || more || alone.length === 0) return;
  for (const field of alone) { field.value = epic.name; field.dataset.ref = epic.id; }
  undo(alone.length === 1 ? 'The story is in the new epic.' : `${alone.length} stories are in the new epic.`, () => {
    for (const field of alone) if (field.dataset.ref === epic.id) { field.value = ''; delete field.dataset.ref; }
    edited();
  });
}

// What named a removed piece names it no more; gives the way back.
function untie(item) {
  const id = $('[data-path$=".id"]', item)?.value;
  const fields = id ? $$(`#document [data-ref="${CSS.escape(id)}"]`).filter((field) => !item.contains(field)) : [];
  const ways = fields.map((field) => {
    const link = field.closest('[data-link]');
    if (!link) {
      const { value } = field;
      field.value = '';
      delete field.dataset.ref;
      return () => { field.value = value; field.dataset.ref = id; };
    }
    const list = link.parentElement;
    const place = link.nextElementSibling;
    link.remove();
    renumber(list);
    return () => { list.insertBefore(link, place?.isConnected ? place : null); renumber(list); };
  });
  return () => ways.reverse().forEach((back) => back());
}

// After a removal the paths of the later pieces move up by one.
function renumber(list) {
  const base = list.dataset.listPath;
  [...list.children].forEach((item, index) => {
    const sample = $(`[data-path^="${base}."]`, item)?.dataset.path;
    if (!sample) return;
    const before = `${base}.${sample.slice(base.length + 1).split('.')[0]}`;
    const after = `${base}.${index}`;
    if (before === after) return;
    if (base === 'stories') item.id = `story-${index}`;
    if (base === 'epics') item.id = `epic-${index}`;
    for (const element of $$('*', item)) {
      for (const attribute of [...element.attributes]) {
        const value = attribute.value;
        for (const lead of ['', 'p-']) {
          if (value === lead + before || value.startsWith(`${lead}${before}.`)) element.setAttribute(attribute.name, lead + after + value.slice(lead.length + before.length));
        }
      }
    }
  });
}

export function removeItem(item) {
  const list = item.parentElement.closest('[data-list-path]');
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const place = item.nextElementSibling;
  noteReferences(item);
  const tie = untie(item);
  item.remove();
  renumber(list);
  rename();
  edited();
  (next ? $('.doc-input', next) : $(`[data-add="${list.dataset.listPath}"]`))?.focus();
  undo('Removed.', () => {
    list.insertBefore(item, place?.isConnected ? place : null);
    renumber(list);
    tie();
    rename();
    edited();
  });
}

// The field for a path; the pieces on the way to it are added when they are not there yet.
export function fieldAt(path) {
  const parts = path.split('.');
  for (let index = 1; index < parts.length; index += 1) {
    if (!/^\d+$/.test(parts[index])) continue;
    const base = parts.slice(0, index).join('.');
    const wanted = Number(parts[index]);
    const list = listOf(base);
    if (!list || wanted > 500) return null;
    while (list.childElementCount <= wanted) if (!grow(base)) return null;
  }
  return document.getElementById(`p-${path}`);
}
