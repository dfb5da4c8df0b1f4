/* Every page of a filled server (Scene), for whoever walks through all of them: tests and pictures. */
import { until } from './lib.mjs';

/* who: the least role to whom "button" is offered; unset: nothing is made or changed there. */
const PAGES = [
    ['dashboard', '/'],
    ['executions', '/executions'],
    ['pipelines', '/pipelines', { button: 'New pipeline', who: 'developer' }],
    ['custom-integrations', '/custom-integrations', { button: 'New custom integration', who: 'developer' }],
    ['webhooks', '/triggers/docker/webhooks', { button: 'New webhook for Docker', who: 'developer' }],
    ['activity', '/triggers/docker/activity'],
    ['deliveries', '/triggers/docker/activity?show=deliveries'],
    ['simulate', '/triggers/docker/simulate', { button: 'Simulate', who: 'developer' }],
    ['notifications', '/notifications'],
    ['deployments', '/deployments'],
    ['endpoints', '/endpoints', { button: 'New endpoint', who: 'developer' }],
    ['cloud-proxies', '/cloud-proxies', { button: 'New cloud proxy', who: 'administrator' }],
    ['variables', '/variables', { button: 'New variable', who: 'developer' }],
    ['projects', '/projects', { button: 'New project', who: 'administrator' }],
    ['project', '/projects/default'],
    ['users', '/users'],
    ['settings', '/settings'],
    ['tokens', '/account/tokens', { button: 'Generate token', who: 'viewer' }],
    ['first-hour', '/start'],
];
export const ROLES = ['viewer', 'executor', 'developer', 'administrator'];

/* Windows that a page opens, each by the button that opens it. */
export const WINDOWS = [['/endpoints', 'New endpoint'], ['/variables', 'New variable'], ['/custom-integrations', 'New custom integration'], ['/custom-integrations', 'Versions'], ['/cloud-proxies', 'New cloud proxy'], ['/cloud-proxies', 'Token for an instance'], ['/triggers/docker/webhooks', 'New webhook for Docker'], ['/account/tokens', 'Generate token'], ['/pipelines', 'New pipeline'],
    ['/pipelines', 'Import YAML'], ['/projects', 'New project'], ['/users', 'New user']];

export async function places(scene) {
    const runs = await until('runs in several states', async () => {
        const all = await scene.rows('/executions?$top=50');
        return all.some((r) => r.status === 'RUNNING' && r.name === 'deploy-api') && all.some((r) => r.status === 'COMPLETED') && all.some((r) => r.status === 'FAILED') && all;
    }, 30);
    const run = (name, status) => `/executions/${runs.find((r) => r.name === name && r.status === status).id}`; /* deploy-api waits for a cluster that is silent */
    const pipeline = (await scene.call('GET', '/pipelines/default/deploy-web')).body.id;
    const webhook = (await scene.call('GET', '/registry-webhooks/default/web')).body.id;
    return [
        ...PAGES.map(([name, path, offer]) => ({ name, path, offer })),
        { name: 'run-completed', path: run('deploy-web', 'COMPLETED'), offer: { button: 'Run again', who: 'executor' } },
        { name: 'run-failed', path: run('report', 'FAILED'), offer: { button: 'Run again', who: 'executor' } },
        { name: 'run-running', path: run('deploy-api', 'RUNNING'), offer: { button: 'Cancel execution', who: 'executor' } },
        ...['workspace', 'input', 'model', 'output', 'notifications', 'yaml', 'executions'].map((tab) => ({ name: `pipeline-${tab}`, path: `/pipelines/${pipeline}?tab=${tab}`, offer: { button: 'Save', who: 'developer' } })),
        { name: 'webhook-listen', path: `/triggers/docker/webhooks/${webhook}/listen` },
        { name: 'not-found', path: '/there/is/no/such/page' },
    ];
}

/* Opens a page and waits until it shows what it has to show. */
export async function visit(page, scene, path) {
    await page.goto(scene.url + path);
    await page.locator('main h1, main h2').first().waitFor().catch((error) => { throw new Error(`${path} shows no heading: ${page.complaints.join(' | ')} ${error.message}`); });
    await page.locator('.loading').waitFor({ state: 'detached' }).catch(() => undefined);
    await page.waitForTimeout(150); /* what comes after the first drawing: charts, the editor, measured rows */
}
