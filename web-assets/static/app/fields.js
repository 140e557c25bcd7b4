// Fields of forms: checked on blur and on submit, never while something is typed for the first time.

import { $, $$ } from './dom.js';

function judgeField(field) {
  const [rule, argument] = (field.dataset.check ?? '').split(':');
  const value = field.value;
  let message = '';
  if (rule === 'required' && !value.trim()) message = field.tagName === 'SELECT' ? 'Choose one.' : 'Fill this in.';
  if (rule === 'min' && [...value].length < Number(argument)) message = `Use at least ${argument} characters; this has ${[...value].length}.`;
  if (rule === 'same' && value !== field.form.elements[argument].value) message = 'The two passwords differ.';
  if (field.dataset.bytes && byteLength(value) > Number(field.dataset.bytes)) message = 'This is too long. Split it into several drafts.';
  mark(field, message);
  return message === '';
}
function mark(field, message) {
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean);
  // Within the field's own form: while a form is replaced, its successor has the same ids.
  const line = ids.map((id) => $(`#${CSS.escape(id)}`, field.form ?? document)).find((element) => element?.classList.contains('problem'));
  if (message) field.setAttribute('aria-invalid', 'true'); else field.removeAttribute('aria-invalid');
  if (!line) return;
  line.hidden = !message;
  $('span', line).textContent = message;
}
const byteLength = (text) => new TextEncoder().encode(text).length;

document.addEventListener('focusout', (event) => {
  const field = event.target;
  if (field.matches?.('[data-validate] [data-check]') && field.value) judgeField(field);
});
document.addEventListener('input', (event) => {
  const field = event.target;
  if (field.matches('[data-validate] [aria-invalid]')) judgeField(field);
  count(field);
  fit(field);
});
// Capture: before htmx sees the event.
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-validate]') || event.submitter?.formNoValidate) return;
  const wrong = $$('[data-check]', event.target).filter((field) => !judgeField(field));
  if (wrong.length === 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  wrong[0].focus();
}, true);
document.addEventListener('change', (event) => event.target.closest('[data-autosubmit]')?.requestSubmit());

// Counters appear near a limit.
export function count(field) {
  if (!field.matches('textarea, input')) return;
  let out;
  let used;
  let limit;
  if (field.dataset.bytes) {
    out = $(`[data-count-for="${field.id}"]`);
    used = byteLength(field.value);
    limit = Number(field.dataset.bytes);
  } else if (field.dataset.max) {
    out = $(`[data-counter="${field.dataset.path}"]`);
    used = [...field.value].length;
    limit = Number(field.dataset.max);
  }
  if (!out) return;
  const near = used > limit * 0.8;
  out.hidden = !near;
  out.textContent = near ? (field.dataset.bytes ? `${Math.ceil(used / 1024)} of ${Math.floor(limit / 1024)} KB` : `${used} of ${limit} characters`) : '';
  out.toggleAttribute('data-near', near && used <= limit);
  out.toggleAttribute('data-over', used > limit);
}

// Fields grow with their text, also where CSS cannot do it.
const growsAlone = CSS.supports('field-sizing', 'content');
export function fit(field) {
  if (growsAlone || !field.matches('textarea.doc-input, .prompt-box textarea')) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + 2}px`;
}

// The second list of a cascading select holds only what belongs to the first.
const cascades = new WeakMap();
export function cascade(parent) {
  const child = document.getElementById(parent.dataset.cascade);
  if (!child) return;
  if (!cascades.has(child)) cascades.set(child, [...child.children]);
  const fitting = cascades.get(child).filter((one) => !one.dataset.parent || one.dataset.parent === parent.value);
  const { value } = child;
  child.replaceChildren(...fitting);
  child.value = [...child.options].some((option) => option.value === value) ? value : '';
  child.disabled = fitting.length < 2;
}
document.addEventListener('change', (event) => { if (event.target.matches('[data-cascade]')) cascade(event.target); });

// A date with a time is meant in the person's own time zone.
document.addEventListener('input', (event) => {
  const { zoned } = event.target.dataset;
  const hidden = zoned && document.getElementById(zoned);
  if (!hidden) return;
  const east = -new Date(event.target.value).getTimezoneOffset();
  const two = (number) => String(number).padStart(2, '0');
  hidden.value = Number.isNaN(east) ? '' : `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
});

let guarded = false;
document.addEventListener('input', (event) => { if (event.target.closest('[data-guard]')) guarded = true; });
document.addEventListener('htmx:beforeRequest', (event) => { if (event.detail.elt.matches('[data-guard]')) guarded = false; });
document.addEventListener('submit', () => { guarded = false; });
addEventListener('beforeunload', (event) => {
  if (guarded) event.preventDefault();
});
