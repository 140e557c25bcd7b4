// Looking things up in the page, and telling it that something has happened.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const shown = (element) => element.offsetParent !== null;

// What happened, for elements whose `hx-trigger` waits for it.
export const tell = (name) => htmx.trigger(document.body, name);
