// @vitest-environment node
import { expect, test } from 'vitest';
import { say, verbatim } from '$lib/words/say';
import { userHome } from './user-home.svelte';

test('only paths below the home are shown with a tilde', () => {
  expect(userHome.shorten('/home/ada/a'), 'as long as the home is not known').toBe('/home/ada/a');
  userHome.path = '/home/ada';
  const shown = { '/home/ada/models/a': '~/models/a', '“/home/ada/a b” and /home/ada': '“~/a b” and ~', 'It lies in /home/ada. Look there': 'It lies in ~. Look there' };
  for (const [text, short] of Object.entries(shown)) expect(userHome.shorten(text)).toBe(short);
  for (const other of ['/home/adam/a', '/mnt/home/ada/a', '/home/ada.old/a', '/home/ada-2', 'x/home/ada/a']) expect(userHome.shorten(other)).toBe(other);
  expect(say(verbatim('/home/ada/rows.csv cannot be read'))).toBe('~/rows.csv cannot be read');
});
