// Checks the color tokens of app.css against WCAG 2.2 AA in both themes:
// text 4.5:1, borders of controls, icons and focus rings 3:1. Exits 1 on the first table with a miss.
import { readFileSync } from 'node:fs';

const css = readFileSync(new URL('app.css', import.meta.url), 'utf8');
const tokens = { light: {}, dark: {} };
for (const [, name, light, dark] of css.matchAll(/--color-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)) {
  tokens.light[name] = light;
  tokens.dark[name] = dark;
}

const grounds = ['canvas', 'surface', 'sunken', 'raised', 'hover'];
const pairs = [
  ...grounds.flatMap((ground) => ['ink', 'ink-2', 'ink-3', 'accent-ink', 'ok-ink', 'warn-ink', 'bad-ink', 'info-ink'].map((text) => [text, ground, 4.5])),
  ...['ok', 'warn', 'bad', 'info', 'accent'].map((tone) => [`${tone}-ink`, `${tone}-soft`, 4.5]),
  ['ink', 'accent-soft', 4.5],
  ['ink-2', 'accent-soft', 4.5],
  ['ink-3', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['on-accent', 'bad-solid', 4.5],
  ...['canvas', 'surface', 'sunken', 'raised'].flatMap((ground) => ['edge', 'accent', 'focus', 'ok', 'warn', 'bad', 'info', 'teal'].map((part) => [part, ground, 3])),
  ['focus', 'accent-soft', 3],
];

const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

let misses = 0;
for (const theme of ['light', 'dark']) {
  for (const [front, ground, wanted] of pairs) {
    const colors = [tokens[theme][front], tokens[theme][ground]];
    if (colors.includes(undefined)) throw new Error(`no token ${front} or ${ground}`);
    const found = ratio(...colors);
    if (found < wanted) {
      misses += 1;
      console.error(`${theme}: ${front} on ${ground} is ${found.toFixed(2)}, wanted ${wanted}`);
    }
  }
}
console.log(`${pairs.length * 2} pairs checked, ${misses} below AA`);
process.exit(misses === 0 ? 0 : 1);
