// Times that pass, and whether there is a network.

import { $, $$, tell } from './dom.js';
import { renewing } from './requests.js';

export const network = () => { const line = $('#offline'); if (line) line.hidden = navigator.onLine; };
addEventListener('offline', network);
addEventListener('online', network);

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
setInterval(() => { if (!document.hidden && navigator.onLine && !renewing()) tell('job-poll'); }, 10000);
