// Requests to the server: settings of htmx, the token against forged forms, refusals, and a session that ended.

import { $, $$ } from './dom.js';
import { toast } from './toasts.js';

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  // Copying `style` from an old element to its successor is an inline style to the browser's policy.
  attributesToSettle: ['class'],
  historyRestoreAsHxRequest: false,
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '409', swap: true, error: false },
    { code: '422', swap: true, error: false },
    { code: '...', swap: false, error: true },
  ],
});

const csrfMeta = () => $('meta[name="csrf-token"]');
export const csrfToken = () => csrfMeta()?.content ?? $('input[name="csrf"]')?.value ?? '';

document.addEventListener('htmx:configRequest', (event) => {
  if (event.detail.verb !== 'get') event.detail.headers['X-CSRF-Token'] = csrfToken();
});

document.addEventListener('htmx:beforeOnLoad', (event) => {
  const { xhr, requestConfig, elt } = event.detail;
  if (xhr.status !== 401 || !canRenew() || requestConfig.path.startsWith('/session/renew')) return;
  event.preventDefault();
  const { triggeringEvent } = requestConfig;
  renewed(requestConfig.verb === 'get').then(() => {
    if (elt instanceof HTMLFormElement) elt.requestSubmit(triggeringEvent?.submitter ?? undefined);
    else if (elt.isConnected && triggeringEvent) htmx.trigger(elt, triggeringEvent.type);
  });
});

// What the server refused without a fragment for the target is shown where the person acted.
document.addEventListener('htmx:responseError', (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (xhr.status === 401) return;
  const page = new DOMParser().parseFromString(xhr.responseText, 'text/html');
  const text = $('[data-error]', page)?.textContent.replace(/\s+/g, ' ').trim();
  report(elt, text || `The server answered with status ${xhr.status}. Try again; if it lasts, reload the page.`, requestConfig.verb);
});
document.addEventListener('htmx:sendError', (event) => {
  report(event.detail.elt, 'The server could not be reached. Nothing was lost: try again when the connection is back.', event.detail.requestConfig.verb);
});

export function report(elt, text, verb) {
  const form = elt.closest('form');
  if (verb === 'get' && !form) return;
  toast({ tone: 'bad', text, stay: true });
  if (!form || form.closest('.topbar')) return;
  const line = form.querySelector(':scope > .problem[data-reported]') ?? document.createElement('p');
  line.className = 'problem';
  line.dataset.reported = '';
  line.setAttribute('role', 'alert');
  line.textContent = text;
  form.append(line);
}
document.addEventListener('htmx:beforeRequest', (event) => $('[data-reported]', event.detail.elt)?.remove());

// The page stays, with everything typed in it; the person signs in inside a dialog and what was
// refused is sent again.

export const canRenew = () => $('#session-dialog') !== null;
let renewal = null;

// Whether somebody is asked to sign in again.
export const renewing = () => renewal !== null;

export function renewed(quiet = false) {
  if (!renewal) {
    let settle;
    const promise = new Promise((resolve) => { settle = resolve; });
    renewal = { promise, settle };
  }
  const dialog = $('#session-dialog');
  if (!dialog.open && !(quiet && dialog.dataset.declined)) {
    dialog.showModal();
    $('input[type="password"]', dialog)?.focus();
  }
  return renewal.promise;
}

document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (!requestConfig?.path.startsWith('/session/renew') || xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  const token = xhr.getResponseHeader('X-CSRF-Token');
  if (token) {
    csrfMeta()?.setAttribute('content', token);
    for (const field of $$('input[name="csrf"]')) field.value = token;
  }
  elt.closest('form')?.reset();
  const dialog = $('#session-dialog');
  delete dialog.dataset.declined;
  dialog.close();
  renewal?.settle();
  renewal = null;
});

// One request outside htmx: JSON or a form, with the token, and again after a renewed session.
export async function send(method, url, { json, form, headers = {}, keepalive = false } = {}) {
  const body = json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined;
  const answer = await fetch(url, {
    method,
    body,
    keepalive,
    credentials: 'same-origin',
    headers: { 'X-CSRF-Token': csrfToken(), ...(json ? { 'Content-Type': 'application/json' } : {}), ...headers },
  });
  if (answer.status !== 401 || !canRenew() || keepalive) return answer;
  await renewed();
  return send(method, url, { json, form, headers });
}
export const remember = (url, form) => send('POST', url, { form }).catch(() => {});
