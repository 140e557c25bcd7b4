// Behaviour of elements with `x-data`, by Alpine.

import { $, $$ } from './dom.js';
import { remember } from './requests.js';
import { toast } from './toasts.js';
import { showPane } from './sight.js';
import { mirror } from './document.js';
import { allPieces, meantBy, rename } from './pieces.js';
import { edit, editor } from './editor.js';
import { wantCoverage } from './streams.js';
import { picker } from './picker.js';

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

  picker,

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
    init() { edit(this.$root); },
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
