import { defineConfig } from 'vite';

// One server for page and API, so `npm run dev` hands what is not the page's to a server of your own.
const SERVER = process.env.SLIPWAY_SERVER ?? 'http://127.0.0.1:8080';
const API = ['/pipeline/', '/pipelines/api/', '/csp/', '/codestream/']; // with their slashes: /pipelines is a page

// What nearly every page needs comes in one file with the frame: small files of their own would be asked for one after the other.
const FRAME = /\/web\/src\/([a-z]+\.tsx?|texts\/)|\/node_modules\/(@?preact)\//;

export default defineConfig({
    cacheDir: process.env.SLIPWAY_VITE_CACHE, // apart, when several of them serve one folder
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
        target: 'es2022',
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0, // no data: in the policy
        reportCompressedSize: false,
        rollupOptions: { output: { manualChunks: (id) => (FRAME.test(id) && !/\/(main|editor)\.tsx$/.test(id) ? 'frame' : undefined) } },
    },
    server: { proxy: Object.fromEntries(API.map((path) => [path, SERVER])) },
});
