/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  // Beside the screens, what the studio says in other languages than English.
  server: { port: 5173, strictPort: true, host: '127.0.0.1', fs: { allow: ['.', '../crates/sentence/languages'] }, proxy: { '/api': 'http://127.0.0.1:7860', '/open': 'http://127.0.0.1:7860' } },
  // WebKitGTK 2.40+ and any browser of the last two years
  build: { target: ['es2022', 'safari16.4', 'chrome110'], assetsInlineLimit: 0, reportCompressedSize: false },
  resolve: {
    alias: {
      $lib: fileURLToPath(new URL('./src/lib', import.meta.url)),
      $parts: fileURLToPath(new URL('./src/parts', import.meta.url)),
    },
    ...(process.env.VITEST ? { conditions: ['browser'] } : {}),
  },
  // Generous limits: a loaded machine must not fail what is right.
  test: { environment: 'happy-dom', pool: 'threads', experimental: { fsModuleCache: true }, include: ['src/**/*.test.ts'], testTimeout: 30_000, expect: { poll: { timeout: 15_000 } } },
});
