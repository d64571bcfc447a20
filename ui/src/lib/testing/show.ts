/** Puts components on the page of a test file, and takes them off again after each test. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach } from 'vitest';

let mounted: object[] = [];
afterEach(() => {
  for (const component of mounted) void unmount(component);
  mounted = [];
  document.body.innerHTML = '';
});

/** Mounts a component and lets its effects run. */
export function show<P extends Record<string, unknown>>(component: Component<P>, props: P): HTMLElement {
  mounted.push(mount(component, { target: document.body, props }));
  flushSync();
  return document.body;
}
