/* What the browser's stories share: a server, Debian's Chromium, and lines that ./dev test counts. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(join(ROOT, 'web/package.json'));
const { chromium } = require('playwright-core');
export const AXE = require.resolve('axe-core/axe.min.js');

export const BINARY = process.env.SLIPWAY_BINARY ?? join(ROOT, 'build/slipway');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const LAB = join(ROOT, 'tests/lab/lab');
export const P = '/pipeline/api';
export const PICTURES = process.env.SLIPWAY_PICTURES ?? join(ROOT, 'build/web-failures');

let failed = 0;
export function check(name, good, why = '') {
    failed += good ? 0 : 1;
    console.log(good ? `ok ${name}` : `not ok ${name}: ${String(why).replace(/\s+/g, ' ').slice(0, 900)}`);
}
export const skip = (name, why) => console.log(`skip ${name}: ${why}`);

export const sleep = (ms) => new Promise((go) => setTimeout(go, ms));
export async function until(what, done, seconds = 30) {
    for (const end = Date.now() + seconds * 1000; ;) {
        const answer = await done();
        if (answer) return answer;
        if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
        await sleep(50);
    }
}

export const freePort = () => new Promise((give) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => give(port)); }); });

// ---- servers

class Api {
    async signIn() {
        const answer = await fetch(`${this.url}/csp/gateway/am/api/auth/api-tokens/authorize`, { method: 'POST', body: new URLSearchParams({ refresh_token: this.apiToken }) });
        this.access = (await answer.json()).access_token;
    }

    async call(method, path, body, access = this.access) {
        const answer = await fetch(this.url + P + path, { method, headers: { Authorization: `Bearer ${access}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
            body: body === undefined ? undefined : JSON.stringify(body) });
        const text = await answer.text();
        try { return { status: answer.status, body: JSON.parse(text) }; } catch { return { status: answer.status, body: text }; }
    }

    async make(path, body) {
        const { status, body: answer } = await this.call('POST', path, body);
        if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`);
        return answer;
    }

    async rows(path) {
        const { body } = await this.call('GET', path);
        return body.links.map((link) => body.documents[link]);
    }
}

/* slipway serve, alone and empty. */
export class Server extends Api {
    async start(...more) {
        this.folder ??= mkdtempSync(join(tmpdir(), 'slipway-web-'));
        this.port ??= await freePort();
        this.url = `http://127.0.0.1:${this.port}`;
        this.process = spawn(BINARY, ['serve', '--data', join(this.folder, 'data'), '--listen', `127.0.0.1:${this.port}`, '--external-url', this.url, ...more],
            { stdio: ['ignore', 'ignore', 'pipe'], env: { SLIPWAY_SWEEP: 'false', ...process.env } });
        this.log = '';
        this.process.stderr.on('data', (text) => { this.log = (this.log + text).slice(-20000); });
        process.on('exit', () => this.process.kill('SIGKILL'));
        await until('the server is ready', () => fetch(`${this.url}/readyz`).then((a) => a.ok, () => false), 60);
        this.apiToken = readFileSync(join(this.folder, 'data/admin.token'), 'utf8').trim();
        await this.signIn();
        return this;
    }

    async stop() {
        this.process.kill('SIGTERM');
        await new Promise((done) => this.process.once('exit', done));
    }

    async end() { await this.stop(); rmSync(this.folder, { recursive: true, force: true }); }
}

/* A server with something to see: tests/web/scene.py. */
export class Scene extends Api {
    async start(...more) {
        this.folder = mkdtempSync(join(tmpdir(), 'slipway-scene-'));
        const port = await freePort();
        this.process = spawn('python3', [join(ROOT, 'tests/web/scene.py'), this.folder, String(port), ...more], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, SLIPWAY_BINARY: BINARY } });
        process.on('exit', () => this.process.kill('SIGTERM'));
        let said = '';
        this.process.stdout.on('data', (text) => { said += text; });
        const line = await until('the scene is ready', () => /^ready (\S+) (\S+)$/m.exec(said), 90);
        [, this.url, this.apiToken] = line;
        await this.signIn();
        return this;
    }

    async end() {
        this.process.kill('SIGTERM');
        await new Promise((done) => this.process.once('exit', done));
        rmSync(this.folder, { recursive: true, force: true });
    }

    /* An access token of somebody of the scene: berta (developer), carl (executor), dora (viewer). */
    async accessOf(name) {
        const answer = await fetch(`${this.url}/csp/gateway/am/api/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username: name, password: `correct horse ${name}` }) });
        return (await answer.json()).access_token;
    }
}

// ---- the browser

let browser;
export async function openBrowser() {
    browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'] });
    return browser;
}

/* A page of its own session. access: somebody's, already signed in. What the console says against it is collected in page.complaints. */
export async function openPage({ access, language = 'en', dark = false, width = 1440, height = 900 } = {}) {
    const context = await (await openBrowser()).newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale: language === 'de' ? 'de-DE' : 'en-GB',
        permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(15000);
    if (access) await context.addInitScript((token) => { if (!sessionStorage.getItem('slipway.access')) sessionStorage.setItem('slipway.access', token); }, access);
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (m) => { if (m.type() === 'error' || (m.type() === 'warning' && /policy|trusted/i.test(m.text()))) page.complaints.push(m.text()); });
    page.on('pageerror', (e) => page.complaints.push(e.message));
    page.on('dialog', (d) => { page.complaints.push(`a dialog opened: ${d.message()}`); void d.dismiss(); });
    return page;
}

export async function picture(page, name) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) }).catch(() => undefined);
}

/* Nothing that the page is not meant to ask for or to log; what a test refuses on purpose is allowed by number. */
export const unexpected = (page, ...allowed) => page.complaints.filter((text) => !allowed.some((status) => text.includes(`status of ${status}`)));

// ---- the lab

export function lab(...words) {
    return execFileSync(LAB, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 180000 });
}

/* Runs main inside the lab, or says that there is none. */
export async function inLab(name, main) {
    if (process.env.KUBECONFIG && process.env.LAB_ADDR) return story(name, main);
    const up = spawnSync(LAB, ['up'], { stdio: ['ignore', 2, 2] });
    if (up.status === 3) return skip(name, 'no cluster can be built here');
    if (up.status) { check(name, false, 'the lab did not come up'); process.exit(1); }
    process.exit(spawnSync(LAB, ['exec', process.execPath, process.argv[1]], { stdio: 'inherit' }).status ?? 1);
}

/* A story that breaks off is a failure with its reason. */
export async function story(name, main) {
    if (!existsSync(CHROMIUM)) { check(name, false, `there is no ${CHROMIUM}: apt install chromium`); process.exit(1); }
    try { await main(); } catch (error) { check(name, false, error.stack ?? error); }
    await browser?.close();
    process.exit(failed ? 1 : 0);
}
