import { $$ } from './dom.js';
import { send } from './requests.js';

// A field with a list that comes from the server while somebody types.
export const picker = () => ({
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
});
