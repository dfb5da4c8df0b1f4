/* bench/page.mjs URL API-TOKEN RUN WEBHOOK-URL: measures the page in Chromium, and prints JSON. bench/figure_page.py fills the server. */
import { Server, openBrowser, openPage, until } from '../tests/web/lib.mjs';

const [url, apiToken, run, hook] = process.argv.slice(2);
const server = Object.assign(new Server(), { url, apiToken });
await server.signIn();

const middle = (all) => all.sort((a, b) => a - b)[all.length >> 1];

/* Bytes of one first load, and the moment when the first row stood there and an event was answered. "slow": how many times slower the CPU is made. */
async function firstLoad(slow) {
    const page = await openPage({ access: server.access }), cdp = await page.context().newCDPSession(page), sizes = new Map(), paths = new Map();
    await cdp.send('Network.enable');
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slow });
    cdp.on('Network.responseReceived', (e) => paths.set(e.requestId, new URL(e.response.url).pathname));
    cdp.on('Network.loadingFinished', (e) => sizes.set(e.requestId, e.encodedDataLength));
    await page.addInitScript(() => {
        const later = (name) => setTimeout(() => { window[name] ??= performance.now(); }); /* behind whatever the page still has to do now */
        const look = new MutationObserver(() => {
            if (document.querySelector('nav a[href="/executions"]')) later('frame');
            if (!document.querySelector('main .execution-line')) return;
            look.disconnect();
            later('usable');
        });
        look.observe(document, { childList: true, subtree: true });
    });
    await page.goto(`${url}/executions`);
    const usable = await until('the list stands', () => page.evaluate(() => window.usable), 30);
    const framed = await page.evaluate(() => window.frame);
    await page.waitForTimeout(500);
    const all = [...sizes].map(([id, size]) => [paths.get(id) ?? '', size]), sum = (some) => some.reduce((n, [, size]) => n + size, 0);
    await page.context().close();
    return { usable, frame: framed, bytes: sum(all), shell: sum(all.filter(([path]) => !path.startsWith('/pipeline/api'))) };
}

async function events(count) {
    const page = await openPage({ access: server.access }), took = [];
    await page.goto(`${url}/triggers/docker/activity`);
    await page.locator('.tag').first().waitFor();
    await page.waitForTimeout(1000);
    await page.evaluate(() => {
        window.seen = {};
        new MutationObserver(() => document.querySelectorAll('.tag').forEach((e) => { window.seen[e.textContent] ??= Date.now(); })).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    for (let i = 0; i < count; i++) {
        const tag = `live${i}`, began = Date.now();
        await fetch(hook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ push_data: { pushed_at: Math.floor(began / 1000), pusher: 'bench', tag },
            repository: { repo_name: 'acme/site', name: 'site', namespace: 'acme', owner: 'acme', status: 'Active' } }) });
        took.push(await until(`${tag} is seen`, () => page.evaluate((t) => window.seen[t], tag), 10) - began);
        await page.waitForTimeout(700 + 37 * i % 200); /* apart, and not in step with the server's looks */
    }
    await page.context().close();
    return took;
}

/* Scrolls so many px a frame, for so many frames; a frame is late when it came after more than one and a half of a screen's. */
const scrolling = (page, selector) => page.evaluate(async (of) => {
    const box = of ? document.querySelector(of) : document.scrollingElement, took = [];
    const frame = () => new Promise((go) => requestAnimationFrame(go));
    let last = await frame(), way = 1;
    for (let i = 0; i < 300; i++) {
        const before = box.scrollTop + box.scrollLeft;
        box.scrollBy(way * (of ? 40 : 0), way * (of ? 0 : 120));
        if (box.scrollTop + box.scrollLeft === before) way = -way;
        const now = await frame();
        took.push(now - last);
        last = now;
    }
    return { frames: took.length, late: took.filter((t) => t > 25).length, longest: Math.max(...took) };
}, selector);

async function longList() {
    const page = await openPage({ access: server.access });
    await page.goto(`${url}/executions`);
    await page.locator('.execution-line').first().waitFor();
    await until('all rows are there', async () => {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        return Number(await page.locator('main ul.rows > li').last().getAttribute('aria-setsize')) >= 10000;
    }, 300);
    await page.evaluate(() => scrollTo(0, 0));
    await page.waitForTimeout(1000);
    const told = await scrolling(page, '');
    await page.context().close();
    return told;
}

/* What the browser itself manages on this machine: a page as long, with nothing in it. */
async function bare() {
    const page = await openPage();
    await page.setContent('<div style="height: 700000px; background: linear-gradient(#fff, #000)"></div>');
    await page.waitForTimeout(500);
    const told = await scrolling(page, '');
    await page.context().close();
    return told;
}

async function wide(path, selector) {
    const page = await openPage({ access: server.access });
    await page.goto(url + path);
    await page.locator(selector).waitFor();
    await page.waitForTimeout(1000);
    const told = await page.evaluate((s) => { const e = document.querySelector(s); return e.scrollWidth > e.clientWidth; }, selector) ? await scrolling(page, selector) : await scrolling(page, '');
    await page.context().close();
    return told;
}

await firstLoad(1); /* the server's and the browser's own first time */
const slow = [], fast = [];
for (let i = 0; i < 5; i++) { slow.push(await firstLoad(4)); fast.push(await firstLoad(1)); }
const of = (all, what) => middle(all.map((one) => one[what]));
const seen = await events(20);
const pipeline = (await server.call('GET', '/pipelines/default/large')).body.id;
console.log(JSON.stringify({ bytes: slow[0].bytes, shell: slow[0].shell, frame: of(slow, 'frame'), usable: of(slow, 'usable'), usable_fast: of(fast, 'usable'), event: middle(seen), event_most: Math.max(...seen), events: seen.length,
    bare: await bare(), list: await longList(), run: await wide(`/executions/${run}`, '.map'), model: await wide(`/pipelines/${pipeline}?tab=model`, '.model-map') }));
await (await openBrowser()).close();
process.exit(0);
