import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { zoom } from '$lib/state/zoom';
import { pressed, withoutBrowserMenu } from './keys';

let drawn: number[];
const press = (key: string, shiftKey = false) => {
  const event = new KeyboardEvent('keydown', { key, shiftKey, ctrlKey: true, cancelable: true });
  pressed(event);
  return event.defaultPrevented;
};

beforeEach(() => {
  drawn = [];
  setBackend({ ...mock(), windowZoom: async (factor) => void drawn.push(factor) });
  zoom.reset();
  drawn.length = 0;
});

test('the window is zoomed as a browser is, and remembers it', () => {
  expect([press('+', true), press('='), press('-'), press('0'), press('-')]).toEqual([true, true, true, true, true]);
  expect(drawn).toEqual([1.1, 1.25, 1.1, 1, 0.9]);
  drawn.length = 0;
  zoom.restore();
  expect(drawn).toEqual([0.9]);
});

test('it grows and shrinks only so far', () => {
  for (let i = 0; i < 20; i++) press('+', true);
  expect(drawn.at(-1)).toBe(2);
  for (let i = 0; i < 20; i++) press('-');
  expect(drawn.at(-1)).toBe(0.67);
});

test('a browser keeps its own keys', () => {
  setBackend({ ...mock(), windowZoom: null });
  expect([press('+', true), press('-'), press('0')]).toEqual([false, false, false]);
});

test('the window has no menu of the browser, but texts that are typed have theirs', () => {
  setBackend({ ...mock(), kind: 'desktop' });
  const asked = (tag: string) => {
    const element = document.body.appendChild(document.createElement(tag));
    const event = new MouseEvent('contextmenu', { cancelable: true, bubbles: true });
    element.addEventListener('contextmenu', withoutBrowserMenu);
    element.dispatchEvent(event);
    element.remove();
    return event.defaultPrevented;
  };
  expect([asked('div'), asked('input'), asked('textarea')]).toEqual([true, false, false]);
});
