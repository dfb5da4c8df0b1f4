#!/usr/bin/env node
/* bench/page_memory.mjs SECONDS: a page that stays open while pushes and runs go by. What it holds must settle: over the second half its
 * JavaScript may grow by a tenth and 2 MB, its elements by a tenth and 500. Says "ok" or "not ok", as the stories do. */
import { Scene, openBrowser, openPage, sleep } from '../tests/web/lib.mjs';

const seconds = Number(process.argv[2] ?? 600);
const scene = await new Scene().start(), page = await openPage({ access: scene.access }), cdp = await page.context().newCDPSession(page);
const hook = (await scene.call('GET', '/registry-webhooks/default/web')).body.webhookUrl.replace(/^https?:\/\/[^/]+/, scene.url);

const push = (tag) => fetch(hook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ push_data: { pushed_at: Math.floor(Date.now() / 1000), pusher: 'anna', tag },
    callback_url: 'https://registry.hub.docker.com/u/acme/web/hook/x/', repository: { repo_name: 'acme/web', name: 'web', namespace: 'acme', status: 'Active' } }) });

async function held() {
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    return { megabytes: usedSize / 1e6, elements: await page.evaluate(() => document.querySelectorAll('*').length) };
}

await page.goto(`${scene.url}/triggers/docker/activity`);
await page.locator('.activity-line').first().waitFor();
const began = Date.now();
let middle = null, pushes = 0;
while (Date.now() < began + seconds * 1000) {
    for (let i = 0; i < 10; i++) await push(pushes++ % 50 ? `pr-${pushes}` : `v${pushes}`); /* one in fifty runs */
    await sleep(500);
    if (pushes % 500 === 0) await page.getByRole('navigation').getByRole('link', { name: pushes % 1000 ? 'Executions' : 'Activity' }).click();
    if (!middle && Date.now() > began + seconds * 500) middle = await held();
}
const last = await held(), good = last.megabytes <= middle.megabytes * 1.1 + 2 && last.elements <= middle.elements * 1.1 + 500;
console.log(`${good ? 'ok' : 'not ok'} an open page settles: ${middle.megabytes.toFixed(1)} MB and ${middle.elements} elements in the middle, ${last.megabytes.toFixed(1)} MB and ${last.elements} after ${seconds} s and ${pushes} pushes`);
await (await openBrowser()).close();
await scene.end();
process.exit(good ? 0 : 1);
