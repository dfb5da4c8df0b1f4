#!/usr/bin/env node
/* Rollback that holds on the page: why a webhook holds, what runs meanwhile, what waits, and the ways out. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AXE, ROOT, Server, check, openPage, picture, story, unexpected, until } from './lib.mjs';

const YAML = `apiVersion: batch/v1
kind: CronJob
metadata: {name: site, namespace: default}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: site, image: "acme/site:\${input.DOCKER_TAG}"}]}}}}}
`;

async function cluster() {
    const process_ = spawn('python3', ['-c', 'import sys, threading; sys.path.insert(0, sys.argv[1]); import fake_cluster; print(fake_cluster.start().server_port, flush=True); threading.Event().wait()',
        join(ROOT, 'tests/e2e')], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.on('exit', () => process_.kill());
    let said = '';
    process_.stdout.on('data', (text) => { said += text; });
    return until('the cluster is there', () => /\d+\n/.exec(said)?.[0].trim());
}

async function violations(page) {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`));
}

const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

/* What has "bad" in its tag fails the check behind its deployment. */
async function fill(server) {
    const make = (path, body) => server.make(path, { project: 'default', ...body });
    await make('/endpoints', { name: 'hub', type: 'dockerregistry', properties: { serverType: 'dockerhub', repoURL: 'https://hub.docker.com/r/acme/site' } });
    await make('/endpoints', { name: 'cluster', type: 'k8s', properties: { kubernetesURL: `http://127.0.0.1:${await cluster()}`, authType: 'none' } });
    await make('/pipelines', { name: 'deploy', kind: 'PIPELINE', enabled: true, concurrency: 1, input: { DOCKER_TAG: '' }, onFailedVerification: 'restoreAndHold', stageOrder: ['Deploy', 'Checks'], stages: {
        Deploy: { taskOrder: ['Site'], tasks: { Site: { type: 'K8S', endpoints: { kubernetesServer: 'cluster' }, input: { action: 'APPLY', timeout: 1, yaml: YAML } } } },
        Checks: { taskOrder: ['Good'], tasks: { Good: { type: 'Condition', input: { condition: '("bad" in "${input.DOCKER_TAG}") == false' } } } } } });
    const hook = await make('/registry-webhooks', { name: 'site', endpoint: 'hub', pipeline: 'deploy', imageNameRegExPattern: 'acme/site', tagNamePattern: '', verifyPush: 'off', sweep: 'off',
        registration: 'manual', refreshToken: server.apiToken });
    return hook.webhookUrl;
}

let pushedAt = 1700000000;
async function push(server, url, tag, status) {
    pushedAt += 1;
    await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ push_data: { tag, pusher: 'anna', pushed_at: pushedAt },
        repository: { repo_name: 'acme/site', name: 'site', namespace: 'acme' } }) });
    const events = () => server.rows(`/registry-events?expand=true&$filter=${encodeURIComponent(`tag eq '${tag}'`)}`);
    return (await until(`${tag} is ${status}`, async () => ((await events())[0]?.executionStatus === status ? events() : null)))[0];
}

await story('holds_test', async () => {
    const server = await new Server().start(), url = await fill(server);
    await push(server, url, 'v1', 'COMPLETED');
    const failed = await push(server, url, 'v2bad', 'ROLLBACK_COMPLETED');
    await push(server, url, 'v3', 'HELD');
    await push(server, url, 'v4', 'HELD');

    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/triggers/docker/webhooks`);
    await page.getByText('acme/site:v2bad failed in').waitFor();
    await page.getByText('Restored acme/site:v1 of deploy#1').waitFor();
    await page.getByRole('link', { name: '2 waiting' }).waitFor();
    check('the card says what failed, what runs again, and what waits', true);
    await picture(page, 'holds-card');
    let found = await violations(page);
    check('axe finds nothing on the webhooks', found.length === 0, found.join('; '));
    await page.setViewportSize({ width: 360, height: 800 });
    check('nothing is wider than a phone', await narrow(page));
    await picture(page, 'holds-phone');
    await page.setViewportSize({ width: 1440, height: 900 });

    await page.goto(`${server.url}/executions/${failed.executionLink.split('/').pop()}`);
    await page.getByText('Restored acme/site:v1 of deploy#1').first().waitFor();
    check('the run says what was restored', true);
    await page.getByText('Site', { exact: true }).first().click();
    const task = page.getByRole('region', { name: 'Site' });
    await task.getByText('restored acme/site:v1 of deploy#1', { exact: true }).waitFor();
    await task.getByText('---- the run failed: what was verified last is put back').waitFor();
    check('and so does its task, with what was done in its log', true);
    await picture(page, 'holds-run');
    found = await violations(page);
    check('axe finds nothing on the run', found.length === 0, found.join('; '));

    await page.goto(`${server.url}/triggers/docker/activity?status=HELD`);
    await page.locator('.opener').first().click();
    await page.getByText('It waits behind a failed verification').first().waitFor();
    await picture(page, 'holds-event');
    await page.getByRole('button', { name: 'Let this one try' }).first().click();
    await until('the newest passed, and the hold is over', async () => (await server.call('GET', '/registry-webhooks/default/site')).body.holds.length === 0);
    check('the newest is let through, passes, and the hold ends', true);

    await push(server, url, 'v5bad', 'ROLLBACK_COMPLETED');
    await push(server, url, 'v6', 'HELD');
    await page.goto(`${server.url}/triggers/docker/webhooks`);
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    await page.getByText('acme/site:v5bad failed in').waitFor({ state: 'detached' });
    await until('what waited passed', async () => (await server.rows('/registry-events?expand=true')).find((e) => e.tag === 'v6').executionStatus === 'COMPLETED');
    check('a click on the card releases it, and what waited runs', true);

    const pipeline = (await server.call('GET', '/pipelines/default/deploy')).body;
    await page.goto(`${server.url}/pipelines/${pipeline.id}`);
    await page.getByText('General').first().click();
    await page.getByLabel('When a run fails after a deployment').selectOption('restore');
    await picture(page, 'holds-pipeline');
    check('a pipeline says what becomes of it', (await page.getByLabel('When a run fails after a deployment').inputValue()) === 'restore');

    const german = await openPage({ access: server.access, language: 'de', dark: true });
    await push(server, url, 'v7bad', 'ROLLBACK_COMPLETED');
    await german.goto(`${server.url}/triggers/docker/webhooks`);
    await german.getByText('acme/site:v7bad ist gescheitert in').waitFor();
    await picture(german, 'holds-card-german');
    const complaints = [...unexpected(page), ...unexpected(german)];
    check('the console has nothing to say', complaints.length === 0, complaints.join('; '));
    await server.end();
});
