#!/usr/bin/env node
/* screenshots.mjs FOLDER: every page and window of a filled server and of an empty one, light and dark, English and German, large and as
 * on a phone; with the lab's parts also the manual's steps. To be looked at by people: it checks nothing. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Scene, openPage } from './lib.mjs';
import { WINDOWS, places, visit } from './places.mjs';

const folder = resolve(process.argv[2] ?? 'build/screenshots');
const LOOKS = [{ language: 'en', dark: false, width: 1440 }, { language: 'de', dark: true, width: 1440 }, { language: 'de', dark: false, width: 360 }, { language: 'en', dark: true, width: 360 }];
const nameOf = (name, { language, dark, width }) => join(folder, `${name}-${language}-${dark ? 'dark' : 'light'}-${width}.png`);

async function pages(scene, all, look, prefix = '') {
    const page = await openPage({ access: scene.access, ...look, height: look.width < 500 ? 740 : 900 });
    for (const { name, path } of all) {
        await visit(page, scene, path);
        if (name === 'activity') await page.locator('.opener').nth(1).click({ timeout: 3000 }).catch(() => undefined); /* an empty one has no rows */
        await page.waitForTimeout(200);
        await page.screenshot({ path: nameOf(prefix + name, look), fullPage: true });
    }
    await page.context().close();
}

/* Buttons are found by their English names. */
async function windows(scene, width) {
    const page = await openPage({ access: scene.access, width, height: 900 });
    for (const [path, name] of WINDOWS) {
        await visit(page, scene, path);
        await page.getByRole('button', { name, exact: true }).first().click();
        await page.getByRole('dialog').waitFor();
        await page.waitForTimeout(250);
        await page.screenshot({ path: nameOf(`window-${name.toLowerCase().replace(/ /g, '-')}`, { language: 'en', dark: false, width }) });
    }
    await page.context().close();
}

mkdirSync(folder, { recursive: true });
const scene = await new Scene().start(), all = await places(scene);
for (const look of LOOKS) await pages(scene, all, look);
for (const width of [1440, 360]) await windows(scene, width);
const signIn = await openPage();
await signIn.goto(scene.url);
await signIn.waitForTimeout(500);
await signIn.screenshot({ path: nameOf('sign-in', LOOKS[0]) });
await scene.end();
const empty = await new Scene().start('--empty');
await pages(empty, all.filter(({ path }) => !/^\/(executions|pipelines|projects|triggers\/docker\/webhooks)\/./.test(path)), LOOKS[0], 'empty-');
await empty.end();
spawnSync(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'manual_test.mjs')], { stdio: ['ignore', 'ignore', 2], env: { ...process.env, SLIPWAY_STEPS: folder } });
console.log(folder);
process.exit(0);
