#!/usr/bin/env node
/* Change windows and freezes on the page: made by an administrator, seen by all, and a run that waits for one started now. */
import { readFileSync } from 'node:fs';
import { AXE, Server, check, openPage, picture, story, unexpected, until } from './lib.mjs';

async function violations(page) {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`));
}

const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

async function makeFreeze(page) {
    await page.getByRole('button', { name: 'New freeze' }).click();
    await page.getByLabel('Name').fill('Christmas');
    await page.getByLabel('From').fill('2026-01-01T00:00');
    await page.getByLabel('To', { exact: true }).fill('2099-01-04T00:00');
    await page.getByLabel('Time zone').fill('Europe/Berlim');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText("'Europe/Berlim' is no time zone").waitFor();
    check('a time zone that is none is told at its field', true);
    await picture(page, 'windows-freeze-form');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Holds now').waitFor();
}

async function makeWindow(page) {
    await page.getByRole('button', { name: 'Edit', exact: true }).last().click();
    await page.getByRole('button', { name: 'Add window' }).click();
    await page.getByLabel('Days').fill('someday');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('days are names such as mon').waitFor();
    await picture(page, 'windows-form');
    await page.getByLabel('Days').fill('sat, sun');
    await page.getByLabel('Time zone').fill('Asia/Kolkata');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('sat, sun 06:00–18:00 Asia/Kolkata').waitFor();
    check('a project has a window', true);
}

await story('windows_test', async () => {
    const server = await new Server().start();
    const tasks = { Wait: { type: 'Wait', input: { duration: '1s' } } };
    await server.make('/pipelines', { project: 'default', name: 'site', kind: 'PIPELINE', enabled: true, stageOrder: ['S'], stages: { S: { taskOrder: ['Wait'], tasks } } });
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/projects/default`);
    await page.getByRole('heading', { name: 'When runs may begin' }).waitFor();
    await makeFreeze(page);
    await makeWindow(page);
    await picture(page, 'windows-project');
    let found = await violations(page);
    check('axe finds nothing on the project', found.length === 0, found.join('; '));
    await page.setViewportSize({ width: 390, height: 800 });
    check('nothing is wider than a phone', await narrow(page));
    await picture(page, 'windows-phone');
    await page.setViewportSize({ width: 1440, height: 900 });

    const id = (await server.make('/pipelines/default/site/executions', { input: {} })).executionLink.split('/').pop();
    await page.goto(`${server.url}/executions/${id}`);
    await page.getByText('frozen until 2099-01-04 00:00 Europe/Berlin: Christmas').waitFor();
    await picture(page, 'windows-run');
    found = await violations(page);
    check('axe finds nothing on the run', found.length === 0, found.join('; '));
    await page.getByRole('button', { name: 'Start now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start now' }).click();
    await until('the run completes', async () => (await server.rows('/executions'))[0].status === 'COMPLETED');
    check('an administrator starts what waits', true);

    await page.goto(`${server.url}/pipelines/${(await server.rows('/pipelines'))[0].id}`);
    await page.getByText('General').first().click();
    await page.getByRole('button', { name: 'Add window' }).click();
    await page.getByLabel('Days').fill('mon-thu');
    await picture(page, 'windows-pipeline');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await until('it is saved', async () => (await server.rows('/pipelines'))[0].windows?.[0]?.days === 'mon-thu');
    check('a pipeline gets its window', true);
    check('the console has nothing to say', unexpected(page, 400).length === 0, unexpected(page, 400).join('; '));
    await server.end();
});
