// Writes the vendored files of ../static from the pinned packages beside this file:
// the two libraries as published, the icon sprite from the outlines named below, and
// VERSIONS, one line per file: name, version, source package, license, sha256; and LICENSES.txt.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const here = (path) => new URL(path, import.meta.url);
const manifest = (name) => JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), 'utf8'));

const icons = readFileSync(here('icons.txt'), 'utf8')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line && !line.startsWith('#'))
  .sort();

const copyright = readFileSync(here('node_modules/lucide-static/LICENSE'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('Copyright'))
  .join(' ')
  .trim();

function symbol(name) {
  const source = readFileSync(here(`node_modules/lucide-static/icons/${name}.svg`), 'utf8');
  const outline = source
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^[\s\S]*?<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/\s+/g, ' ')
    .replaceAll('> <', '><')
    .trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${outline}</symbol>`;
}

const files = {
  'htmx.min.js': ['htmx.org', readFileSync(here('node_modules/htmx.org/dist/htmx.min.js'))],
  'alpine-csp.min.js': ['@alpinejs/csp', readFileSync(here('node_modules/@alpinejs/csp/dist/cdn.min.js'))],
  'icons.svg': [
    'lucide-static',
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Lucide outlines, ISC license. ${copyright} -->\n${icons.map(symbol).join('\n')}\n</svg>\n`,
    ),
  ],
};

const lines = Object.entries(files).map(([file, [name, content]]) => {
  writeFileSync(here(`../static/${file}`), content);
  const { version, license } = manifest(name);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return `${file} ${version} npm:${name} ${license} ${sha256}`;
});
const lucide = readFileSync(here('node_modules/lucide-static/LICENSE'), 'utf8').trim();
const mit = readFileSync(here('alpine-license.txt'), 'utf8').trim();
writeFileSync(here('../static/LICENSES.txt'), `icons.svg (Lucide)\n\n${lucide}\n\n\nalpine-csp.min.js (Alpine.js)\n\n${mit}\n\n\nhtmx.min.js is under the Zero-Clause BSD license and asks for no notice.\n`);
writeFileSync(here('../static/VERSIONS'), `${lines.join('\n')}\n`);
console.log(lines.join('\n'));
