// Files as sources: dropped or chosen.

import { $, $$ } from './dom.js';
import { report } from './requests.js';

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
