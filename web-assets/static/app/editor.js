// Saves a draft while somebody writes in it.

import { $, $$, tell } from './dom.js';
import { csrfToken, send } from './requests.js';
import { toast } from './toasts.js';
import { goTo } from './sight.js';
import { readDocument } from './document.js';

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

// Of the draft that the page shows; none on other pages.
export let editor = null;
export function edit(root) { editor = new Editor(root); }

document.addEventListener('document-edited', () => editor?.touch('document'));

// Links that need the newest text on the server wait for it, and so do forms.
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-flush]');
  if (!link || !editor?.pending() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  editor.save().then(() => { if (!editor.pending()) location.assign(link.href); });
});

document.addEventListener('htmx:confirm', (event) => {
  if (!event.detail.elt.closest('[data-flush]') || !editor?.pending()) return;
  event.preventDefault();
  editor.save().then(() => { if (!editor.pending()) event.detail.issueRequest(true); });
});
document.addEventListener('visibilitychange', () => { if (document.hidden) editor?.save(); });
addEventListener('online', () => editor?.save());
addEventListener('beforeunload', (event) => { if (editor?.pending()) event.preventDefault(); });
