#!/usr/bin/env node
/* A Jenkins endpoint and a Jenkins task, made on the page; in both languages. */
import { readFileSync } from 'node:fs';
import { AXE, Server, check, openPage, picture, story, unexpected, until } from './lib.mjs';

async function violations(page) {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`));
}

await story('jenkins_test', async () => {
    const server = await new Server().start();
    const made = await server.make('/pipelines', { project: 'default', name: 'builds', kind: 'PIPELINE', enabled: false, input: { tag: '' }, stageOrder: ['S'], stages: { S: { taskOrder: ['Build'], tasks: { Build: { type: 'Jenkins', input: {} } } } } });
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/endpoints`);
    await page.getByRole('button', { name: 'New endpoint' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Type', { exact: true }).selectOption('jenkins');
    await dialog.getByLabel('Name', { exact: true }).fill('ci');
    await dialog.getByLabel('URL of Jenkins').fill('https://jenkins.example.com');
    await dialog.getByLabel('User', { exact: true }).fill('ann');
    await dialog.getByLabel('Password or API token').fill('not-a-token');
    await picture(page, 'jenkins-endpoint');
    const form = await violations(page);
    check('axe finds nothing in its form', form.length === 0, form.join('; '));
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const endpoint = (await server.call('GET', '/endpoints/default/ci')).body;
    check('a Jenkins endpoint is made, its password hidden', endpoint.type === 'jenkins' && endpoint.properties.username === 'ann' && endpoint.properties.password === '*****', JSON.stringify(endpoint));

    await page.goto(`${server.url}/pipelines/${made.id}?tab=model`);
    await page.locator('[id="task S/Build"]').click();
    check('what a task needs is asked for', await page.locator('.model-task.missing').count() === 1);
    await page.getByLabel('Jenkins', { exact: true }).selectOption('ci');
    await page.getByLabel('Job', { exact: true }).fill('web');
    await page.getByLabel('Folder of the job').fill('team');
    await page.getByLabel('Parameters (JSON)').fill('{"TAG": "${input.tag}"}');
    await page.getByLabel('An unstable build').selectOption('warn');
    await picture(page, 'jenkins-task');
    const task = await violations(page);
    check('axe finds nothing in the task either', task.length === 0, task.join('; '));
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const saved = await until('it is saved', async () => { const t = (await server.call('GET', `/pipelines/${made.id}`)).body.stages.S.tasks.Build; return t.endpoints?.jenkinsServer && t; });
    check('all of it is saved', saved.endpoints.jenkinsServer === 'ci' && saved.input.job === 'web' && saved.input.jobFolder === 'team' && saved.input.parameters.TAG === '${input.tag}' && saved.input.onUnstable === 'warn', JSON.stringify(saved));
    check('nothing is missing then', await page.locator('.model-task.missing').count() === 0);
    check('the console has nothing to say', unexpected(page).length === 0, unexpected(page).join('; '));
    await page.context().close();
    const german = await openPage({ access: server.access, language: 'de', dark: true, width: 390 });
    await german.goto(`${server.url}/pipelines/${made.id}?tab=model`);
    await german.locator('[id="task S/Build"]').click();
    await german.getByLabel('Ordner des Jobs').scrollIntoViewIfNeeded();
    await picture(german, 'jenkins-task-de');
    check('nothing is wider than a phone', await german.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
    await server.end();
});
