// Behavior of the pages: htmx settings, sessions that end, keyboard, forms, autosave and streams.
// Runs under a strict content security policy: nothing here evaluates text or writes markup from data;
// what is streamed goes into fields as plain text.
(() => {
  'use strict';

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- htmx -------------------------------------------------------------------------------------

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
  const csrfToken = () => csrfMeta()?.content ?? $('input[name="csrf"]')?.value ?? '';
  const tell = (name) => htmx.trigger(document.body, name);

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

  function report(elt, text, verb) {
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

  // ---- toasts -----------------------------------------------------------------------------------

  function toast({ tone = 'info', text, stay = false }) {
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

  // ---- a session that ended ---------------------------------------------------------------------
  // The page stays, with everything typed in it; the person signs in inside a dialog and what was
  // refused is sent again.

  const canRenew = () => $('#session-dialog') !== null;
  let renewal = null;

  function renewed(quiet = false) {
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
  async function send(method, url, { json, form, headers = {}, keepalive = false } = {}) {
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
  const remember = (url, form) => send('POST', url, { form }).catch(() => {});

  // ---- offline ----------------------------------------------------------------------------------

  const network = () => { const line = $('#offline'); if (line) line.hidden = navigator.onLine; };
  addEventListener('offline', network);
  addEventListener('online', () => { network(); editor?.save(); });

  // ---- keyboard ---------------------------------------------------------------------------------

  const typing = (target) => target.closest?.('input, textarea, select, [contenteditable]') !== null;
  const shown = (element) => element.offsetParent !== null;

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
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $('dialog[open]')) return;
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

  // ---- clicks that need no component ------------------------------------------------------------

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
      editor?.touch('document');
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
    const link = event.target.closest('a[data-flush]');
    if (link && editor?.pending() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      editor.save().then(() => { if (!editor.pending()) location.assign(link.href); });
    }
  });

  // Brings a value of the document into sight: a finding, a line of the tree. Places are counted in characters, selections in UTF-16.
  function goTo(path, { start, end } = {}) {
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

  // ---- forms: checked on blur and on submit, never while something is typed for the first time ----

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
  function count(field) {
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
  function fit(field) {
    if (growsAlone || !field.matches('textarea.doc-input, .prompt-box textarea')) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  // The second list of a cascading select holds only what belongs to the first.
  const cascades = new WeakMap();
  function cascade(parent) {
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
    if (guarded || editor?.pending()) event.preventDefault();
  });

  // ---- the document of a draft --------------------------------------------------------------------

  const labels = { given: 'Given', when: 'When', then: 'Then' };
  const listOf = (path) => $(`[data-list-path="${path}"]`);

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
  function grow(path) {
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
  const allPieces = () => [...pieces('epics'), ...pieces('stories')];

  // What a field means that names another piece: its reference, a key, or what was typed.
  function meantBy(field, all) {
    const text = field.value.trim();
    const fitting = all.filter((one) => field.dataset.names.includes(one.kind) && text !== '');
    const found = fitting.find((one) => one.id === field.dataset.ref && one.name === text)
      ?? fitting.find((one) => one.name === text) ?? fitting.find((one) => one.id === text);
    if (found) field.dataset.ref = found.id; else delete field.dataset.ref;
    if (found) return found.id;
    return /^[a-z][a-z0-9_]*-\d+$/i.test(text) ? text.toUpperCase() : text;
  }

  // Fields that name a piece say what it is called now.
  function rename(all = allPieces()) {
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
  function gather() {
    const [epic, more] = pieces('epics');
    const alone = $$('#document [data-path$=".epic"]').filter((field) => !field.value.trim());
    if (!epic || more || alone.length === 0) return;
    for (const field of alone) { field.value = epic.name; field.dataset.ref = epic.id; }
    undo(alone.length === 1 ? 'The story is in the new epic.' : `${alone.length} stories are in the new epic.`, () => {
      for (const field of alone) if (field.dataset.ref === epic.id) { field.value = ''; delete field.dataset.ref; }
      editor?.touch('document');
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

  function removeItem(item) {
    const list = item.parentElement.closest('[data-list-path]');
    const next = item.nextElementSibling ?? item.previousElementSibling;
    const place = item.nextElementSibling;
    noteReferences(item);
    const tie = untie(item);
    item.remove();
    renumber(list);
    rename();
    editor?.touch('document');
    (next ? $('.doc-input', next) : $(`[data-add="${list.dataset.listPath}"]`))?.focus();
    undo('Removed.', () => {
      list.insertBefore(item, place?.isConnected ? place : null);
      renumber(list);
      tie();
      rename();
      editor?.touch('document');
    });
  }
  function undo(text, act) {
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
  function readDocument() {
    const whole = {};
    for (const list of $$('#document [data-list-path]')) put(whole, list.dataset.listPath, []);
    const all = allPieces();
    for (const field of $$('#document [data-path]')) put(whole, field.dataset.path, valueOf(field, all));
    // A link that leads nowhere yet is only a line of the page.
    for (const story of whole.stories ?? []) if (story.links) story.links = story.links.filter((link) => link.to);
    return whole;
  }

  // Saves a draft while it is edited; every save names the version that it was made from.
  class Editor {
    constructor(root) {
      this.root = root;
      this.id = root.dataset.draft;
      this.version = Number(root.dataset.version);
      this.parts = new Set();
      this.stopped = false;
      this.beside = false;
      this.running = null;
      this.timer = 0;
    }

    pending() { return this.parts.size > 0 || this.running !== null; }

    // Whether the document of the page holds what the server does not have yet.
    typed() { return this.parts.has('document') || this.running !== null; }

    touch(part) {
      this.parts.add(part);
      this.say('Not saved yet');
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), 900);
    }

    say(text, tone = 'muted') {
      const line = $('[data-save-state]');
      if (!line) return;
      line.textContent = text;
      line.className = `${tone} tiny${tone === 'muted' ? ' whitespace-nowrap' : ''}`;
    }

    async save() {
      clearTimeout(this.timer);
      if (this.running) await this.running;
      if (this.parts.size === 0 || this.stopped) return;
      this.running = this.write().finally(() => { this.running = null; });
      await this.running;
    }

    body(parts) {
      const json = { version: this.version, ...(this.beside ? { beside: true } : {}) };
      if (parts.has('document')) json.document = readDocument();
      for (const field of $$('[data-part]', this.root)) if (parts.has(field.dataset.part)) json[field.dataset.part] = field.value;
      return json;
    }

    async write() {
      const parts = this.parts;
      this.parts = new Set();
      this.say('Saving…');
      const back = () => { for (const part of parts) this.parts.add(part); };
      let answer;
      try {
        answer = await send('PUT', `/drafts/${this.id}`, { json: this.body(parts), headers: { 'If-Match': `"${this.version}"` } });
      } catch {
        back();
        this.say('Not saved: the server cannot be reached. Your text stays here.', 'ink-bad');
        this.timer = setTimeout(() => this.save(), 5000);
        return;
      }
      if (answer.ok) {
        this.version = (await answer.json()).version;
        this.beside = false;
        this.say(this.parts.size > 0 ? 'Not saved yet' : 'Saved');
        tell('draft-saved');
        return;
      }
      back();
      const problem = answer.headers.get('Content-Type')?.includes('json') ? await answer.json().catch(() => ({})) : null;
      if (answer.status === 409 && !problem) {
        this.stopped = true;
        this.say('Not saved: the draft changed elsewhere', 'ink-bad');
        htmx.swap('#conflict', await answer.text(), { swapStyle: 'innerHTML' });
        goTo('conflict-view');
        return;
      }
      const text = problem?.detail ? `Not saved: ${problem.detail}` : `Not saved (status ${answer.status})`;
      this.say(text, 'ink-bad');
      if (answer.status === 409) toast({ tone: 'bad', text, stay: true });
    }

    // Ends a conflict. Both versions are kept: what is in this page is saved as the newest version,
    // and the other one is restored on top of it when that is what the person wants.
    async settle(choice) {
      const theirs = Number($('#conflict-view').dataset.theirs);
      this.version = theirs;
      this.beside = true;
      this.stopped = false;
      await this.save();
      if (this.stopped || this.pending()) return;
      $('#conflict').replaceChildren();
      if (choice !== 'theirs') return;
      const answer = await send('POST', `/drafts/${this.id}/versions/${theirs}/restore`, { form: { csrf: csrfToken() } });
      if (answer.ok) location.reload();
    }
  }

  let editor = null;

  // Forms that need the newest text on the server wait for it.
  document.addEventListener('htmx:confirm', (event) => {
    if (!event.detail.elt.closest('[data-flush]') || !editor?.pending()) return;
    event.preventDefault();
    editor.save().then(() => { if (!editor.pending()) event.detail.issueRequest(true); });
  });
  document.addEventListener('visibilitychange', () => { if (document.hidden) editor?.save(); });

  // Puts the fragment at `url` in place of the element `target`; `select` takes it out of a whole page.
  // What somebody has opened or closed in it stays so. Nothing is replaced when `still` says no at that moment.
  async function replace(url, target, { select, still = () => true } = {}) {
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

  // Remembers what somebody has opened, closed and typed inside of `root`, and gives the way to put it back into what has
  // taken its place. Fields of the document are not meant: they are saved, and what the server holds goes.
  // The answer to a form that was sent clears what it took: there, only what is open stays.
  function upkeep(root, withTyped = true) {
    const open = $$('details[id]', root).filter((part) => part.open || part.dataset.chosen).map((part) => [part.id, part.open]);
    const typed = $$('input[id]:not([type=file], [type=hidden], [type=checkbox], [type=radio]), textarea[id]', root)
      .filter((field) => withTyped && !field.dataset.path && field.value !== field.defaultValue)
      .map((field) => [field.id, field.value]);
    return () => {
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

  // Sections and coverage cost a reading of all the requirements: they are asked for only while they can be seen.
  const wantCoverage = (what = 'coverage-wanted') => { if ($('#panel-coverage')?.hidden === false) tell(what); };
  for (const name of ['draft-saved', 'draft-changed']) document.addEventListener(name, () => wantCoverage());

  // ---- streams ------------------------------------------------------------------------------------
  // One EventSource per job that the page shows. The server replays what the page has not seen
  // (`after`, then Last-Event-ID), so a reload, a lost connection or a restart lose nothing.

  const streams = new Map();
  const ended = new Set();

  class Stream {
    constructor(job, host) {
      this.job = job;
      this.last = Number(host.dataset.after ?? 0);
      this.kind = host.dataset.event ?? 'draft';
      this.touched = this.last > 0 ? null : new Set();
      this.lists = new Map();
      this.queue = new Map();
      this.frame = 0;
      this.wait = 500;
      this.follow = true;
      this.open();
    }

    open() {
      this.source = new EventSource(`/jobs/${this.job}/events?after=${this.last}`);
      for (const name of ['token', 'draft', 'finding', 'clarify', 'progress', 'step', 'issue', 'reset', 'done', 'error']) {
        this.source.addEventListener(name, (event) => {
          if (!(event instanceof MessageEvent)) { this.lost(); return; }
          if (event.lastEventId) this.last = Number(event.lastEventId);
          this.wait = 500;
          this[name](JSON.parse(event.data || '{}'));
        });
      }
    }

    // The browser reconnects by itself unless the server refused: then find out whether the session ended.
    async lost() {
      if (this.source.readyState !== EventSource.CLOSED || this.ended) return;
      const answer = await fetch('/jobs/indicator', { headers: { 'HX-Request': 'true' } }).catch(() => null);
      if (answer?.status === 401 && canRenew()) await renewed();
      this.wait = Math.min(this.wait * 2, 15000);
      setTimeout(() => { if (!this.ended) this.open(); }, this.wait);
    }

    close() {
      this.ended = true;
      this.source.close();
      streams.delete(this.job);
      ended.add(this.job);
    }

    token({ path, text }) {
      const live = /^columns\.(\d+)\.stories\.(\d+)\.summary$/.exec(path ?? '');
      if (live) { this.hear(live[1], Number(live[2]), text); return; }
      if (!/^stories(\.\w+)+$/.test(path ?? '')) return;
      if (this.touched && !this.touched.has(path)) { this.touched.add(path); this.queue.set(path, { clear: true, text: '' }); }
      const entry = this.queue.get(path) ?? { clear: false, text: '' };
      entry.text += text;
      this.queue.set(path, entry);
      this.frame ||= requestAnimationFrame(() => this.flush());
    }

    flush() {
      this.frame = 0;
      let field = null;
      for (const [path, { clear, text }] of this.queue) {
        const list = /^(stories\.\d+\.(?:labels|components))\.(\d+)$/.exec(path);
        field = fieldAt(list ? list[1] : path);
        if (!field) continue;
        if (list) {
          const words = this.lists.get(list[1]) ?? [];
          words[Number(list[2])] = (clear ? '' : words[Number(list[2])] ?? '') + text;
          this.lists.set(list[1], words);
          field.value = words.join(', ');
        } else {
          field.value = (clear ? '' : field.value) + text;
        }
        fit(field);
        mirror(field);
      }
      this.queue.clear();
      for (const old of $$('[data-writing]')) if (old !== field) delete old.dataset.writing;
      if (!field) return;
      field.dataset.writing = '';
      if (this.follow) field.scrollIntoView({ block: 'nearest' });
    }

    // Summaries of the columns of a trial as they grow; they are put in again whenever the columns are read anew.
    hear(column, story, text) {
      if (story > 200) return;
      this.live ??= new Map();
      if (!this.live.has(column)) this.live.set(column, []);
      const lines = this.live.get(column);
      lines[story] = (lines[story] ?? '') + text;
      this.shown ||= requestAnimationFrame(() => { this.shown = 0; this.show(); });
    }

    show() {
      for (const [column, lines] of this.live ?? []) {
        const list = $(`[data-live="${column}"]`);
        if (!list) continue;
        while (list.childElementCount < lines.length) list.append(document.createElement('li'));
        [...list.children].forEach((line, place) => { line.textContent = lines[place] ?? ''; });
      }
    }

    reset() {
      this.live?.clear();
      this.touched = new Set();
      this.lists.clear();
      this.queue.clear();
    }

    progress({ label, percent, column }) {
      // What a column said before is over when something of it changes: it begins, is asked for again, or ends.
      if (column) this.live?.delete(String(column));
      const host = $(`[data-job="${this.job}"]`);
      const line = host && $('[data-job-label]', host);
      if (line && label) line.textContent = label;
      const bar = host && $('[data-job-progress]', host);
      if (bar) { if (typeof percent === 'number') bar.value = percent; else bar.removeAttribute('value'); }
      if (this.kind === 'draft') wantCoverage('sections-wanted');
      this.changed();
    }

    // A step of the agent: its words stand beside the progress, and the list of steps asks for what is new.
    step({ asked, state }) {
      const line = $(`[data-job="${this.job}"] [data-job-label]`);
      if (line && asked && state === 'running') line.textContent = asked;
      tell('agent-step');
      if (this.kind === 'draft') wantCoverage('sections-wanted');
    }

    clarify() { this.refresh(); tell('job-changed'); tell('agent-step'); }
    draft() { this.refresh(); }
    finding() { if (this.kind === 'draft') tell('draft-changed'); }
    issue() { this.changed(); }
    changed() { const host = $(`[data-job="${this.job}"]`); if (host && this.kind !== 'draft') htmx.trigger(host, this.kind); }
    done() {
      this.close();
      this.refresh();
      tell('job-changed');
      // What the agent found stands among the sources, unless somebody is typing there.
      if (this.kind === 'draft' && !$('#sources')?.contains(document.activeElement)) tell('sources-found');
    }
    error({ message, retry }) {
      // More follows: the job is tried again.
      if (retry) { this.refresh(); tell('job-changed'); return; }
      this.close();
      this.refresh();
      tell('job-changed');
      toast({ tone: 'bad', text: message });
    }

    // Asks for what the server now holds; a change that comes while an answer is awaited asks again.
    // From the moment the bar says that the writing has ended people may type: what they typed is saved first,
    // and an answer that was asked for before is not put over it.
    async refresh() {
      if (this.kind !== 'draft') { this.changed(); return; }
      if (!editor) return;
      this.again = true;
      if (this.refreshing) return;
      this.refreshing = true;
      while (this.again) {
        this.again = false;
        cancelAnimationFrame(this.frame);
        this.flush();
        if (editor.typed()) await editor.save();
        if (editor.typed()) break;
        const still = () => { this.again ||= editor.typed(); return !editor.typed(); };
        await replace(`/drafts/${editor.id}/document`, '#document', { still }).catch(() => {});
        await replace(`/drafts/${editor.id}`, '#prompt-bar', { select: '#prompt-bar' }).catch(() => {});
        editor.version = Math.max(editor.version, Number($('#document')?.dataset.version ?? 0));
        tell('draft-changed');
      }
      this.refreshing = false;
    }
  }

  // The field for a path; the pieces on the way to it are added when they are not there yet.
  function fieldAt(path) {
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

  // ---- files as sources -------------------------------------------------------------------------

  const pane = () => $('#sources');
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

  // A file that misses the pane does not take the place of the page.
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const over = event.target.closest?.('#sources') !== null && $('[data-upload]') !== null;
    event.dataTransfer.dropEffect = over ? 'copy' : 'none';
    pane()?.toggleAttribute('data-dropping', over);
  });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) pane()?.removeAttribute('data-dropping'); });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    pane()?.removeAttribute('data-dropping');
    const form = event.target.closest?.('#sources') ? $('[data-upload]') : null;
    if (!form) return;
    $('input[type="file"]', form).files = event.dataTransfer.files;
    form.requestSubmit();
  });

  document.addEventListener('htmx:beforeRequest', (event) => {
    const { elt } = event.detail;
    // While the list reads itself anew, what is typed or chosen in the pane stays.
    if (elt.matches('[data-sources]') && $$('input', elt).some((field) => field.type !== 'hidden' && field.value !== field.defaultValue)) event.preventDefault();
    if (!elt.matches('[data-upload]')) return;
    const { files } = $('input[type="file"]', elt);
    const bytes = [...files].reduce((sum, file) => sum + file.size, 0);
    if (bytes > Number(elt.dataset.most) || files.length > 10) {
      event.preventDefault();
      report(elt, 'That is too much at once: at most 10 files, each of at most 10 MiB and not much more together. Add them one after the other.', 'post');
    }
  });
  document.addEventListener('htmx:xhr:progress', (event) => {
    const bar = event.target.matches('[data-upload]') ? $('[data-sent]', event.target) : null;
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.value = Math.round((event.detail.loaded / event.detail.total) * 100);
  });

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

  function mirror(field) {
    if (!field.dataset.path) return;
    for (const copy of $$(`[data-mirror="${field.dataset.path}"]`)) copy.textContent = field.value || 'Untitled';
  }

  document.addEventListener('htmx:afterSettle', () => { for (const stream of streams.values()) stream.show(); });

  function watch() {
    for (const host of $$('[data-job]')) {
      const { job } = host.dataset;
      if (streams.has(job) || ended.has(job)) continue;
      streams.set(job, new Stream(job, host));
      tell('job-changed');
    }
    const busy = $('#prompt-bar[data-job], .workspace[data-held]') !== null;
    for (const field of $$('#document .doc-input, textarea[data-part="requirements"]')) {
      if (field instanceof HTMLSelectElement) field.disabled = busy; else field.readOnly = busy;
    }
    $('#document')?.toggleAttribute('data-busy', busy);
  }
  for (const name of ['wheel', 'touchmove']) {
    document.addEventListener(name, () => { for (const stream of streams.values()) stream.follow = false; }, { passive: true });
  }

  // ---- time -----------------------------------------------------------------------------------------

  function ago(iso) {
    const seconds = (Date.now() - Date.parse(iso)) / 1000;
    if (seconds < 0 || seconds > 86400) return null;
    if (seconds < 60) return 'just now';
    return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
  }
  setInterval(() => {
    for (const time of $$('time')) { const label = ago(time.dateTime); if (label) time.textContent = label; }
  }, 60000);
  setInterval(() => {
    for (const line of $$('[data-elapsed]')) {
      const start = Date.parse(line.closest('[data-started]')?.dataset.started);
      const seconds = Math.max(0, Math.floor((Date.now() - start) / 1000));
      if (Number.isFinite(seconds)) line.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    }
  }, 1000);
  setInterval(() => { if (!document.hidden && navigator.onLine && !renewal) tell('job-poll'); }, 10000);

  // ---- components -------------------------------------------------------------------------------------

  function showPane(name) {
    const panes = $('.panes');
    panes.dataset.pane = name;
    for (const button of $$('[data-show]')) button.setAttribute('aria-pressed', String(button.dataset.show === name));
  }

  const components = {
    search: () => ({
      shown: false,
      open() { this.shown = true; },
      close() { this.shown = false; },
      leave(event) { if (!this.$root.contains(event.relatedTarget)) this.shown = false; },
    }),

    menu: () => ({
      shown: false,
      get expanded() { return String(this.shown); },
      toggle() {
        this.shown = !this.shown;
        if (this.shown) this.$nextTick(() => $('.menu-item', this.$root)?.focus());
      },
      hide() { this.shown = false; },
      close() { if (this.shown) { this.shown = false; this.$refs.button.focus(); } },
      walk(event) {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const items = $$('.menu-item', this.$root);
        items[(items.indexOf(document.activeElement) + by + items.length) % items.length].focus();
      },
      shortcuts() { this.shown = false; $('#shortcuts').showModal(); },
    }),

    theme: () => ({
      set(theme) {
        document.documentElement.dataset.theme = theme;
        for (const button of $$('[data-theme-choice]')) button.setAttribute('aria-pressed', String(button.dataset.themeChoice === theme));
        for (const radio of $$('input[name="theme"]')) radio.checked = radio.value === theme;
        remember('/profile/theme', { theme });
      },
      choose(event) { this.set(event.currentTarget.dataset.themeChoice); },
      pick(event) { this.set(event.target.value); },
    }),

    sideNav: () => ({
      apply(mode, width) {
        const root = document.documentElement;
        root.classList.remove(...[...root.classList].filter((name) => name.startsWith('nav-')));
        root.classList.add(mode === 'rail' ? 'nav-rail' : `nav-w-${width}`);
        this.$root.dataset.mode = mode;
        this.$root.dataset.width = width;
        const grip = $('.side-grip', this.$root);
        grip.setAttribute('aria-valuenow', width);
        const pin = $('[data-pin]', this.$root);
        pin.title = mode === 'rail' ? 'Keep the sidebar open' : 'Collapse the sidebar';
        $('span', pin).textContent = pin.title;
      },
      keep() { remember('/profile/navigation', { mode: this.$root.dataset.mode, width: this.$root.dataset.width }); },
      snap(width) { return Math.min(320, Math.max(176, Math.round(width / 16) * 16)); },
      pin() {
        this.apply(this.$root.dataset.mode === 'rail' ? 'pinned' : 'rail', this.$root.dataset.width);
        this.keep();
      },
      grab(event) {
        const grip = event.currentTarget;
        grip.setPointerCapture(event.pointerId);
        grip.dataset.dragging = '';
        const move = (moved) => this.apply('pinned', this.snap(moved.clientX));
        grip.addEventListener('pointermove', move);
        grip.addEventListener('lostpointercapture', () => {
          grip.removeEventListener('pointermove', move);
          delete grip.dataset.dragging;
          this.keep();
        }, { once: true });
      },
      nudge(event) {
        const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (!by) return;
        event.preventDefault();
        this.apply('pinned', this.snap(Number(this.$root.dataset.width) + by));
        this.keep();
      },
    }),

    passwordMeter: () => ({
      score: 0,
      why: '',
      revealed: 'false',
      init() { this.why = $('[aria-live]', this.$root).textContent; this.first = this.why; },
      reveal() {
        const hidden = this.$refs.password.type === 'password';
        this.$refs.password.type = hidden ? 'text' : 'password';
        this.revealed = String(hidden);
      },
      judge() {
        const text = this.$refs.password.value;
        const least = Number(this.$root.dataset.min);
        const length = [...text].length;
        const low = text.toLowerCase();
        const own = this.$root.dataset.words.toLowerCase().split(/[\s@.]+/).find((word) => word.length > 3 && low.includes(word));
        const different = new Set(low).size;
        if (length === 0) [this.score, this.why] = [0, this.first];
        else if (length < least) [this.score, this.why] = [1, `${least - length} more character${least - length === 1 ? '' : 's'} needed.`];
        else if (own) [this.score, this.why] = [1, `It contains “${own}”, which others can guess. Use words that have nothing to do with you.`];
        else if (different < 6 || /^(.{1,4})\1+$/.test(low)) [this.score, this.why] = [1, 'It repeats itself. Use more different characters or words.'];
        else if (/(0123|1234|abcd|qwert|asdf|passwor|letmein)/.test(low)) [this.score, this.why] = [2, 'It contains a well-known sequence, which attackers try first.'];
        else if (length < least + 5) [this.score, this.why] = [3, 'Good. A few more characters make it very good.'];
        else [this.score, this.why] = [4, 'Very good.'];
      },
    }),

    fileText: () => ({
      pick() { this.$refs.file.click(); },
      async read() {
        const [file] = this.$refs.file.files;
        if (!file) return;
        if (file.size > 1000000) { toast({ tone: 'bad', text: `${file.name} is larger than 1 MB. Split it, or paste the part that matters.` }); return; }
        const field = this.$refs.text;
        const text = await file.text();
        field.value = field.value.trim() && field.id !== 'ca_pem' ? `${field.value.trimEnd()}\n\n${text}` : text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        this.$refs.file.value = '';
      },
    }),

    // A field with a list that comes from the server while somebody types.
    picker: () => ({
      shown: false,
      at: -1,
      timer: 0,
      get expanded() { return String(this.shown); },
      ask(event) {
        if (event.type === 'input') this.$refs.chosen.value = '';
        else if (this.$refs.chosen.value) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.load(), 250);
      },
      async load() {
        const { field, list } = this.$refs;
        const text = field.value;
        const url = `${this.$root.dataset.pick}&q=${encodeURIComponent(text.trim())}`;
        const answer = await send('GET', url, { headers: { 'HX-Request': 'true' } }).catch(() => null);
        if (field.value !== text || document.activeElement !== field) return;
        if (answer?.ok) htmx.swap(list, await answer.text(), { swapStyle: 'innerHTML' });
        else this.say('Jira cannot be asked at the moment. What you type is kept.');
        $$('[role="option"]', list).forEach((option, index) => { option.id = `${list.id}-${index}`; });
        this.point(-1);
        this.shown = true;
      },
      say(text) {
        const line = document.createElement('li');
        line.className = 'picker-item muted';
        line.setAttribute('role', 'option');
        line.setAttribute('aria-disabled', 'true');
        line.textContent = text;
        this.$refs.list.replaceChildren(line);
      },
      options() { return $$('[role="option"]:not([aria-disabled])', this.$refs.list); },
      point(at) {
        const options = this.options();
        this.at = options.length === 0 ? -1 : at;
        options.forEach((option, index) => option.setAttribute('aria-selected', String(index === this.at)));
        const current = options[this.at];
        if (!current) { this.$refs.field.removeAttribute('aria-activedescendant'); return; }
        this.$refs.field.setAttribute('aria-activedescendant', current.id);
        current.scrollIntoView({ block: 'nearest' });
      },
      walk(event) {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const { length } = this.options();
        if (by) {
          event.preventDefault();
          if (!this.shown) this.load(); else if (length > 0) this.point((this.at + by + length) % length);
        } else if (event.key === 'Escape' && this.shown) {
          event.preventDefault();
          this.close();
        } else if (event.key === 'Enter' && this.shown && this.at >= 0) {
          event.preventDefault();
          this.take(this.options()[this.at]);
        }
      },
      // Before the field loses the focus.
      press(event) {
        event.preventDefault();
        const option = event.target.closest('[role="option"]:not([aria-disabled])');
        if (option) this.take(option);
      },
      take(option) {
        this.$refs.field.value = option.dataset.label;
        this.$refs.chosen.value = option.dataset.value;
        this.close();
      },
      leave(event) { if (!this.$root.contains(event.relatedTarget)) this.close(); },
      close() { clearTimeout(this.timer); this.shown = false; this.point(-1); },
    }),

    tabs: () => ({
      select(event) { this.turn(event.currentTarget); },
      turn(tab) {
        for (const other of $$('[role="tab"]', tab.closest('[role="tablist"]'))) {
          const chosen = other === tab;
          other.setAttribute('aria-selected', String(chosen));
          other.tabIndex = chosen ? 0 : -1;
          document.getElementById(other.getAttribute('aria-controls')).hidden = !chosen;
        }
        if (tab.id === 'tab-coverage') wantCoverage();
      },
      walk(event) {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const all = $$('[role="tab"]', event.currentTarget);
        const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
        this.turn(next);
        next.focus();
      },
    }),

    workspace: () => ({
      init() { editor = new Editor(this.$root); },
      edited(event) {
        const field = event.target;
        if (field.dataset.part) editor.touch(field.dataset.part);
        if (!field.dataset.path) return;
        if (field.hasAttribute('data-line') && field.value.includes('\n')) field.value = field.value.replace(/\s*\n\s*/g, ' ');
        mirror(field);
        if (field.dataset.names) meantBy(field, allPieces());
        if (/^(epics|stories)\.\d+\.(summary|name)$/.test(field.dataset.path)) rename();
        editor.touch('document');
      },
      show(event) { showPane(event.currentTarget.dataset.show); },
      fold(event) {
        const { side } = event.currentTarget.dataset;
        const closed = $('.panes').classList.toggle(`${side}-closed`);
        event.currentTarget.setAttribute('aria-expanded', String(!closed));
      },
    }),
  };

  document.addEventListener('alpine:init', () => {
    for (const [name, build] of Object.entries(components)) Alpine.data(name, build);
  });

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
})();
