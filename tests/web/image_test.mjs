#!/usr/bin/env node
/* An image is pushed, a run copies it, and what that pushes starts another run: each page leads to the other. And the form of an Image task. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, Server, check, freePort, openPage, picture, story, unexpected, until } from './lib.mjs';

const USER = 'anna', PASSWORD = 'pass-of-anna';

class Registry {
    async start() {
        this.folder = mkdtempSync(join(tmpdir(), 'slipway-registry-'));
        this.host = `127.0.0.1:${await freePort()}`;
        this.up();
        process.on('exit', () => { this.tool('registry-down', this.folder); rmSync(this.folder, { recursive: true, force: true }); });
        return this;
    }

    tool(name, ...words) { execFileSync(join(ROOT, 'tests/lab', name), words, { stdio: ['ignore', 2, 2] }); }
    up() { this.tool('registry-up', this.folder, this.host, USER, PASSWORD); }
    tells(url) { writeFileSync(join(this.folder, 'hooks'), `${url}\n`); this.up(); }
    push(repository, tag) {
        const program = `import sys; sys.path.insert(0, 'tests/e2e'); import registries; registries.Registry('${USER}', '${PASSWORD}', 'http://${this.host}').image('${repository}', '${tag}', 2000000)`;
        execFileSync('python3', ['-c', program], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    }
}

async function circle(server, registry) {
    const endpoint = await server.make('/endpoints', { project: 'default', name: 'registry', type: 'dockerregistry', properties: { serverType: 'distribution', repoURL: `http://${registry.host}`, username: USER, password: PASSWORD } });
    const one = (name, task) => server.make('/pipelines', { project: 'default', name, kind: 'PIPELINE', enabled: true, input: { DOCKER_TAG: '' }, options: ['DOCKER_TRIGGER'], stageOrder: ['S'], stages: { S: { taskOrder: ['Copy'], tasks: { Copy: task } } } });
    await one('promote', { type: 'Image', endpoints: { source: 'registry', target: 'registry' }, input: { target: 'app/release', tags: ['${input.DOCKER_TAG}', 'latest'] } });
    await one('after', { type: 'Condition', input: { condition: '${input.DOCKER_TAG} == "v1"' } });
    for (const [name, pipeline, image] of [['build', 'promote', 'app/build'], ['release', 'after', 'app/release']])
        await server.make('/registry-webhooks', { project: 'default', name, endpoint: 'registry', pipeline, imageNameRegExPattern: image, tagNamePattern: 'v.*', refreshToken: server.apiToken });
    registry.tells((await server.call('GET', `/endpoints/${endpoint.id}`)).body.webhookUrl);
}

await story('image_test', async () => {
    const registry = await new Registry().start(), server = await new Server().start();
    await circle(server, registry);
    registry.push('app/build', 'v1');
    const runs = await until('both runs are over', async () => {
        const all = await server.rows('/executions');
        return all.length === 2 && all.every((run) => run.status === 'COMPLETED') ? Object.fromEntries(all.map((run) => [run.name, run.id])) : null;
    });
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/executions/${runs.promote}`);
    const pushed = page.locator('.pushed').filter({ hasText: 'v1' });
    await pushed.getByRole('link', { name: 'after #1' }).waitFor();
    check('a run shows what it pushed, and what that started', (await pushed.textContent()).includes('app/release') && await page.locator('.pushed').count() === 2, await page.locator('.pushed').allTextContents());
    await picture(page, 'image-run');
    await pushed.getByRole('link', { name: 'after #1' }).click();
    await page.locator('.cause').getByRole('link', { name: 'promote #1' }).waitFor();
    check('and that run leads back to the one that caused it', (await page.locator('.cause').textContent()).includes('by the run promote #1'), await page.locator('.cause').textContent());
    await picture(page, 'image-caused');

    await page.goto(`${server.url}/pipelines/${(await server.call('GET', '/pipelines/default/promote')).body.id}`);
    await page.getByText('Copy', { exact: true }).first().click();
    await page.getByLabel('Target repository').waitFor();
    await picture(page, 'image-form');
    check('the form of an Image task says what it has', await page.getByLabel('Target repository').inputValue() === 'app/release' && await page.getByRole('textbox', { name: 'Tags', exact: true }).inputValue() === '${input.DOCKER_TAG}\nlatest' &&
        await page.getByLabel('Target registry').inputValue() === 'registry');
    await page.getByLabel('A tag that names another image').selectOption('keep');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const saved = await until('it is saved', async () => { const { body } = await server.call('GET', '/pipelines/default/promote'); return body.stages.S.tasks.Copy.input.onExisting ? body.stages.S.tasks.Copy : null; });
    check('and what is chosen there is saved', saved.input.onExisting === 'keep' && saved.endpoints.source === 'registry' && saved.endpoints.target === 'registry', JSON.stringify(saved));
    check('no complaints', !unexpected(page).length, unexpected(page));
    await server.end();
});
