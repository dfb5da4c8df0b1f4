#!/usr/bin/env node
/* A run asks; somebody says yes on the page of user operations, and no in the run itself. */
import { readFileSync } from 'node:fs';
import { AXE, Server, check, openPage, picture, story, unexpected, until } from './lib.mjs';

const task = (type, input) => ({ type, input });

async function pipelines(server) {
    const one = (name, tasks) => server.make('/pipelines', { project: 'default', name, kind: 'PIPELINE', enabled: true, input: { tag: 'v1' }, stageOrder: ['S'], stages: { S: { taskOrder: Object.keys(tasks), tasks } } });
    await one('release', { Ask: task('UserOperation', { summary: 'Release ${input.tag}?', description: 'It goes to all customers.', approvers: ['admin'], approverGroups: ['release-board'] }) });
    await one('outer', { Inner: task('Pipeline', { pipeline: 'release', inputProperties: { tag: 'v2' } }) });
}

const YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, namespace: shop}\ndata: {tag: '${input.tag}', uid: '${S.Say.output.responseCode}'}\n";

async function covered(server) {
    await server.make('/endpoints', { project: 'default', name: 'cluster', type: 'k8s', properties: { kubernetesURL: 'https://127.0.0.1:9' } });
    const tasks = { Ask: task('UserOperation', { summary: 'Apply ${input.tag}?' }), Say: task('REST', { action: 'get', url: server.url }), Site: { ...task('K8S', { action: 'APPLY', yaml: YAML }), endpoints: { kubernetesServer: 'cluster' } } };
    await server.make('/pipelines', { project: 'default', name: 'covered', kind: 'PIPELINE', enabled: true, input: { tag: 'v3' }, stageOrder: ['S'], stages: { S: { taskOrder: Object.keys(tasks), tasks } } });
}

/* By evaluate: the page's own policy lets no script in. */
async function violations(page) {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`));
}

await story('approvals_test', async () => {
    const server = await new Server().start();
    await pipelines(server);
    const run = async (name) => (await server.make(`/pipelines/default/${name}/executions`, { input: {} })).executionLink.split('/').pop();
    await run('release');
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/user-operations`);
    await page.getByText('Release v1?').waitFor();
    await picture(page, 'approvals-list');
    check('a question is on the page of user operations, with who may answer', await page.getByText('May answer: admin, group release-board.').isVisible());
    await page.setViewportSize({ width: 390, height: 800 });
    await picture(page, 'approvals-phone');
    check('nothing is wider than a phone', await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
    const found = await violations(page);
    check('axe finds nothing there', found.length === 0, found.join('; '));
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByLabel('A word to it').fill('go');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing waits for an answer').waitFor();
    await until('the run goes on', async () => (await server.rows('/executions'))[0].status === 'COMPLETED');
    check('a yes there lets the run go on', true);

    const id = await run('outer');
    await until('the part asks', async () => (await server.rows("/user-operations?$filter=status%20eq%20'ACTIVE'")).length === 1);
    await page.goto(`${server.url}/executions/${id}`);
    await page.getByRole('link', { name: 'Open the run of release' }).click();
    await page.getByText('Release v2?').waitFor();
    await picture(page, 'approvals-run');
    await page.getByRole('button', { name: 'Reject' }).click();
    await until('both have failed', async () => (await server.rows('/executions')).slice(0, 2).every((x) => x.status === 'FAILED'));
    check('a run leads to its part, where a no fails both', true);
    await covered(server);
    await page.goto(`${server.url}/executions/${await run('covered')}`);
    await page.getByText('ConfigMap site in shop').click();
    check('a question shows what a yes is for', await page.getByText("tag: v3").isVisible() && await page.getByText('${S.Say.output.responseCode}').first().isVisible() && await page.getByText('S.Say (REST)').isVisible());
    await picture(page, 'approvals-covered');
    const more = await violations(page);
    check('axe finds nothing there either', more.length === 0, more.join('; '));
    check('the console has nothing to say', unexpected(page).length === 0, unexpected(page).join('; '));
    await server.end();
});
