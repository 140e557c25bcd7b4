// What jobs say while they run.

import { $, $$, tell } from './dom.js';
import { canRenew, renewed } from './requests.js';
import { toast } from './toasts.js';
import { fit } from './fields.js';
import { mirror } from './document.js';
import { fieldAt } from './pieces.js';
import { editor } from './editor.js';
import { replace } from './swaps.js';

// Sections and coverage cost a reading of all the requirements: they are asked for only while they can be seen.
export const wantCoverage = (what = 'coverage-wanted') => { if ($('#panel-coverage')?.hidden === false) tell(what); };
for (const name of ['draft-saved', 'draft-changed']) document.addEventListener(name, () => wantCoverage());

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

  // `done` of `total` steps; while none is done, nobody knows how long it takes.
  progress({ step, done, total, column }) {
    // What a column said before is over when something of it changes: it begins, is asked for again, or ends.
    if (column) this.live?.delete(String(column));
    const host = $(`[data-job="${this.job}"]`);
    const line = host && $('[data-job-label]', host);
    if (line && step) line.textContent = step;
    const bar = host && $('[data-job-progress]', host);
    if (bar) { if (done > 0 && total > 0) bar.value = Math.round((done / total) * 100); else bar.removeAttribute('value'); }
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
      // What is typed and could not be saved stays; that the writing has ended is told all the same.
      const unsaved = editor.typed();
      const still = () => { this.again ||= editor.typed(); return !editor.typed(); };
      if (!unsaved) await replace(`/drafts/${editor.id}/document`, '#document', { still }).catch(() => {});
      await replace(`/drafts/${editor.id}`, '#prompt-bar', { select: '#prompt-bar' }).catch(() => {});
      if (unsaved) break;
      editor.version = Math.max(editor.version, Number($('#document')?.dataset.version ?? 0));
      tell('draft-changed');
    }
    this.refreshing = false;
  }
}

document.addEventListener('htmx:afterSettle', () => { for (const stream of streams.values()) stream.show(); });

export function watch() {
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
