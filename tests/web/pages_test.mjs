#!/usr/bin/env node
/* Every page, as every role, in both languages and themes, on a large screen and on a phone: it opens, it is clean (axe, console, policy),
 * it asks no other host, it offers what one may do and nothing else. And what no picture shows: signing in, the keyboard, hostile
 * words in every field that a stranger can fill, and that what happens on the server is seen at once. */
import { readFileSync } from 'node:fs';
import { AXE, Scene, check, openPage, picture, story, unexpected, until } from './lib.mjs';
import { ROLES, WINDOWS, places, visit } from './places.mjs';

const axeSource = readFileSync(AXE, 'utf8');

/* By evaluate: the page's own policy lets no script in. */
async function axe(page) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')}`);
}

/* px that the page is wider than the window. */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

function onlyHere(page, scene) {
    const strangers = [];
    page.on('request', (r) => { if (!r.url().startsWith(scene.url) && !/^(data|blob):/.test(r.url())) strangers.push(r.url()); });
    return strangers;
}

// ---- signing in

async function signsIn(scene) {
    const page = await openPage();
    await page.goto(`${scene.url}/executions?status=FAILED`);
    await page.getByLabel('API token', { exact: true }).fill('slw_nonsense');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await page.getByText('unknown, revoked or expired').waitFor();
    check('sign in: a wrong token is refused in words', true);
    await page.getByRole('button', { name: 'User and password' }).click();
    await page.getByLabel('User', { exact: true }).fill('berta');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await page.getByText('User name or password is wrong').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('correct horse berta');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    check('sign in: user and password lead to the page that was asked for', page.url().endsWith('/executions?status=FAILED'), page.url());
    await page.reload();
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    check('sign in: a reload keeps the session', true);
    check('sign in: neither cookie nor stored API token', await page.evaluate(() => document.cookie === '' && !Object.values({ ...localStorage, ...sessionStorage }).some((v) => v.startsWith('slw_'))));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).last().waitFor();
    await page.goto(`${scene.url}/executions`);
    check('sign out: nothing is shown any more', await page.getByRole('navigation').count() === 0);
    check('sign in: the console has nothing to say', !unexpected(page, 400, 401).length, unexpected(page, 400, 401).join(' | '));
    await page.context().close();
}

/* An owner makes a user, who chooses a password by the link, changes it, and is in. */
async function invites(scene) {
    const owner = await openPage({ access: scene.access });
    await visit(owner, scene, '/users');
    await owner.getByRole('button', { name: 'New user' }).click();
    await owner.getByLabel('Name', { exact: true }).fill('emil');
    await owner.getByLabel('Service role', { exact: true }).selectOption('viewer');
    await owner.getByRole('button', { name: 'Save' }).click();
    const link = await owner.getByRole('dialog', { name: 'Link for emil' }).locator('code').textContent();
    await owner.context().close();
    const page = await openPage();
    await page.goto(scene.url + new URL(link).pathname + new URL(link).hash);
    await page.getByRole('heading', { name: 'Welcome, emil' }).waitFor();
    check('invitation: its token leaves the address at once', !page.url().includes('sli_'), page.url());
    await page.getByLabel('New password', { exact: true }).fill('a horse for emil');
    await page.getByLabel('New password again').fill('another horse');
    check('invitation: two different passwords are told', await page.getByText('not the same').isVisible() && await page.getByRole('button', { name: 'Set password' }).isDisabled());
    await page.getByLabel('New password again').fill('a horse for emil');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('navigation').waitFor();
    check('invitation: who accepts is signed in', true);
    await visit(page, scene, '/account/tokens');
    await page.getByRole('button', { name: 'Change password' }).click();
    const form = page.getByRole('dialog');
    for (const [old, last] of [['wrong', false], ['a horse for emil', true]]) {
        await form.getByLabel('Current password').fill(old);
        await form.getByLabel('New password', { exact: true }).fill('a better horse');
        await form.getByLabel('New password again').fill('a better horse');
        await form.getByRole('button', { name: 'Change password' }).click();
        await form.getByText(last ? 'The password is changed' : 'not your current password').waitFor();
    }
    check('account: the password is changed by who knows it', true);
    await page.context().close();
    const late = await openPage();
    await late.goto(scene.url + new URL(link).pathname + new URL(link).hash);
    await late.getByText('was used, has expired').waitFor();
    check('invitation: once', true);
    check('invitation: the console has nothing to say', !unexpected(page, 403).length, unexpected(page, 403).join(' | '));
    await late.context().close();
}

// ---- every page as every role

const USERS = { viewer: 'dora', executor: 'carl', developer: 'berta' };
const accessOf = (scene, role) => (role === 'administrator' ? scene.access : scene.accessOf(USERS[role]));

async function asRole(scene, all, role) {
    const page = await openPage({ access: await accessOf(scene, role) }), strangers = onlyHere(page, scene), wrong = [];
    for (const { name, path, offer } of all) {
        await visit(page, scene, path);
        const alerts = await page.locator('main .trouble[role=alert]').allTextContents();
        if (alerts.length) wrong.push(`${name}: ${alerts.join(' ')}`);
        if (!offer) continue;
        const wanted = ROLES.indexOf(role) >= ROLES.indexOf(offer.who), button = page.locator('main').getByRole('button', { name: offer.button, exact: true }).first();
        if (wanted) await button.waitFor({ timeout: 5000 }).catch(() => wrong.push(`${name}: "${offer.button}" is not offered`));
        else if (await button.count()) wrong.push(`${name}: "${offer.button}" is offered`);
    }
    if (wrong.length) await picture(page, `pages-${role}`);
    check(`${role}: ${all.length} pages open and offer what may be done`, !wrong.length, wrong.join(' | '));
    check(`${role}: the console has nothing to say`, !unexpected(page).length, [...new Set(unexpected(page))].join(' | '));
    check(`${role}: no other host is asked`, !strangers.length, strangers.join(' '));
    await page.context().close();
}

/* Forced: the page's own requests, by somebody who may not. */
async function refuses(scene) {
    const access = await scene.accessOf('dora'), run = (await scene.rows('/executions?$top=1'))[0];
    const tries = [['POST', '/endpoints', { name: 'x', project: 'default', type: 'k8s', properties: {} }], ['POST', '/variables', { name: 'X', project: 'default', type: 'REGULAR', value: '1' }],
        ['PATCH', '/registry-webhooks/default/web', { enabled: false }], ['PATCH', '/pipelines/default/deploy-web', { enabled: false }], ['POST', '/pipelines/default/deploy-web/executions', {}],
        ['POST', `/executions/${run.id}?action=cancel`, {}], ['POST', '/registry-simulations', { image: 'acme/web:v1', project: 'default' }], ['POST', '/projects', { name: 'x' }], ['POST', '/users', { name: 'x', serviceRole: 'administrator' }]];
    const answers = await Promise.all(tries.map(async ([method, path, body]) => [path, (await scene.call(method, path, body, access)).status]));
    check('a viewer who forces it is refused', answers.every(([, status]) => status === 403), JSON.stringify(answers.filter(([, status]) => status !== 403)));
}

// ---- clean

async function clean(scene, all, { language, dark, width }) {
    const page = await openPage({ access: scene.access, language, dark, width, height: width < 500 ? 740 : 900 }), wrong = [], name = `${language}, ${dark ? 'dark' : 'light'}, ${width} px`;
    for (const place of all) {
        await visit(page, scene, place.path);
        const found = await axe(page), wide = await overflow(page);
        if (found.length || wide > 0) await picture(page, `clean-${place.name}-${language}-${dark ? 'dark' : 'light'}-${width}`);
        wrong.push(...found.map((f) => `${place.name}: ${f}`), ...(wide > 0 ? [`${place.name}: ${wide} px too wide`] : []));
    }
    check(`${name}: accessible, and nothing stands out to the side`, !wrong.length, wrong.join(' | '));
    await page.context().close();
}

async function windows(scene) {
    for (const width of [1440, 360]) {
        const page = await openPage({ access: scene.access, width, height: 740 }), wrong = [];
        for (const [path, name] of WINDOWS) {
            await visit(page, scene, path);
            await page.getByRole('button', { name, exact: true }).first().click();
            await page.getByRole('dialog').waitFor();
            await page.waitForTimeout(150);
            const found = await axe(page), wide = await overflow(page), cut = await page.getByRole('dialog').evaluate((d) => d.querySelector('.window').scrollWidth - d.clientWidth);
            if (found.length || wide > 0 || cut > 0) await picture(page, `window-${name.replace(/ /g, '-')}-${width}`);
            wrong.push(...found.map((f) => `${name}: ${f}`), ...(wide > 0 || cut > 0 ? [`${name}: ${Math.max(wide, cut)} px too wide`] : []));
            await page.keyboard.press('Escape');
            await page.getByRole('dialog').waitFor({ state: 'detached' }).catch(() => wrong.push(`${name}: Escape does not close it`));
        }
        check(`windows at ${width} px: accessible, Escape closes them`, !wrong.length, wrong.join(' | '));
        await page.context().close();
    }
}

async function keyboard(scene) {
    const page = await openPage({ access: scene.access });
    await visit(page, scene, '/');
    await page.keyboard.press('Tab');
    check('keyboard: the first stop skips to the content', await page.evaluate(() => document.activeElement.className === 'skip'));
    await page.keyboard.press('Enter');
    await visit(page, scene, '/triggers/docker/activity');
    await page.locator('.opener').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    check('keyboard: Enter opens a row', true);
    await visit(page, scene, '/variables');
    await page.getByRole('button', { name: /^More: REPLICAS/ }).focus();
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    const item = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('Escape');
    check('keyboard: a menu by arrows, and back to its button by Escape', item === 'Delete' && await page.evaluate(() => document.activeElement.getAttribute('aria-haspopup') === 'menu'), item);
    const stops = await page.evaluate(() => [...document.querySelectorAll('a, button, input, select')].filter((e) => e.offsetParent && e.tabIndex > 0).length);
    check('keyboard: the order is that of the page', stops === 0, stops);
    await page.context().close();
}

async function choices(scene) {
    const page = await openPage({ access: scene.access });
    await visit(page, scene, '/endpoints');
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByRole('button', { name: 'Neuer Endpoint' }).waitFor();
    const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByRole('button', { name: 'Hell oder dunkel' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Neuer Endpoint' }).waitFor();
    const after = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, document.documentElement.lang]);
    check('language and theme are chosen, and kept', after[0] !== before && after[1] === 'de', `${before} ${after}`);
    await page.context().close();
}

// ---- strangers

const HOSTILE = '<img src=x onerror="alert(1)">"\'</script>${7*7}{{7*7}}\u202e';

async function plant(scene) {
    const project = 'default', inputs = { WORDS: HOSTILE };
    await scene.make('/variables', { project, name: 'HOSTILE', type: 'REGULAR', value: HOSTILE, description: HOSTILE });
    await scene.make('/endpoints', { project, name: 'hostile', description: HOSTILE, type: 'k8s', properties: { kubernetesURL: 'https://127.0.0.1:1' } });
    await scene.make('/projects', { name: 'hostile', description: HOSTILE });
    await scene.make('/pipelines', { project, name: 'hostile', description: HOSTILE, enabled: true, input: inputs, _inputMeta: { WORDS: { description: HOSTILE } }, output: { said: '${input.WORDS}' }, stageOrder: ['S'],
        stages: { S: { taskOrder: ['T'], tasks: { T: { type: 'K8S', endpoints: { kubernetesServer: 'cluster-dev' }, input: { action: 'APPLY', timeout: 1, yaml: '${input.WORDS}' } } } } } });
    const { executionId } = await scene.make('/pipelines/default/hostile/executions', { comments: HOSTILE, input: inputs });
    await until('the hostile run fails', async () => (await scene.call('GET', `/executions/${executionId}`)).body.status === 'FAILED', 30);
    const hook = (await scene.call('GET', '/registry-webhooks/default/web')).body.webhookUrl.replace(/^https?:\/\/[^/]+/, '');
    const body = (tag, pusher) => JSON.stringify({ push_data: { pushed_at: Math.floor(Date.now() / 1000), pusher, tag }, callback_url: 'https://registry.hub.docker.com/u/acme/web/hook/x/',
        repository: { repo_name: 'acme/web', name: 'web', namespace: 'acme', status: 'Active', description: HOSTILE } });
    const send = (text) => fetch(scene.url + hook, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json', 'User-Agent': HOSTILE.slice(0, 40), 'X-Words': HOSTILE.slice(0, 50) } });
    await send(body('v6.6.6', HOSTILE));
    await send(body(HOSTILE, 'anna'));
    await send(HOSTILE);
    return { executionId, pipeline: (await scene.call('GET', '/pipelines/default/hostile')).body.id };
}

async function hostile(scene) {
    const { executionId, pipeline } = await plant(scene), page = await openPage({ access: scene.access }), wrong = [];
    const paths = ['/', '/executions', `/executions/${executionId}`, '/pipelines', ...['input', 'model', 'output', 'yaml'].map((tab) => `/pipelines/${pipeline}?tab=${tab}`), '/triggers/docker/webhooks', '/triggers/docker/activity',
        '/triggers/docker/activity?show=deliveries', `/triggers/docker/activity?search=${encodeURIComponent(HOSTILE)}`, '/deployments', '/endpoints', '/variables', '/projects', '/projects/hostile'];
    for (const path of paths) {
        await visit(page, scene, path);
        for (const opener of (await page.locator('.opener').all()).slice(0, 3)) { await opener.click(); await page.waitForTimeout(150); }
        for (const summary of await page.locator('main summary').all()) await summary.click({ timeout: 2000 }).catch(() => undefined);
        if (await page.evaluate(() => document.querySelector('img') !== null)) wrong.push(`${path}: an img came to life`);
    }
    await visit(page, scene, '/variables');
    check('hostile words are shown as words', (await page.locator('main').textContent()).includes('<img src=x onerror="alert(1)">'));
    check('hostile words stay words on every page', !wrong.length, wrong.join(' | '));
    check('hostile words: neither a dialog nor a word of the policy', !unexpected(page, 400).length, [...new Set(unexpected(page, 400))].join(' | '));
    await page.context().close();
}

// ---- the first hour

/* An empty server leads on, step by step, as things come to be; the demo pipeline is one that runs. */
async function firstHour() {
    const scene = await new Scene().start('--empty'), page = await openPage({ access: scene.access });
    const next = () => page.locator('[aria-current=step] h2').textContent();
    const leads = (to) => until(`the next step is ${to}`, async () => (await next()).startsWith(to), 10);
    await visit(page, scene, '/start');
    await leads('An endpoint for the Docker registry');
    await scene.make('/endpoints', { project: 'default', name: 'registry', type: 'dockerregistry', properties: { serverType: 'distribution', repoURL: 'http://127.0.0.1:1/acme/web' } });
    await leads('An endpoint for the Kubernetes cluster');
    await scene.make('/endpoints', { project: 'default', name: 'cluster', type: 'k8s', properties: { kubernetesURL: 'https://127.0.0.1:1', authType: 'basic', username: 'u', password: 'p' } });
    await leads('A pipeline');
    await page.getByRole('button', { name: 'Demo pipeline' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: /^deploy/ }).waitFor();
    const made = (await scene.call('GET', '/pipelines/default/deploy')).body, { body: checked } = await scene.call('POST', '/pipeline-drafts', { pipeline: made, enabling: true });
    check('first hour: the demo pipeline can be enabled', made.name === 'deploy' && !checked.problems.some((p) => p.level === 'ERROR'), JSON.stringify(checked.problems));
    await visit(page, scene, '/start');
    await leads(made.enabled ? 'A webhook' : 'Look at the pipeline');
    check('first hour: it leads on as things come to be, without a reload', true);
    await page.context().close();
    await scene.end();
}

// ---- live

async function live(scene) {
    const page = await openPage({ access: scene.access }), hook = (await scene.call('GET', '/registry-webhooks/default/web')).body.webhookUrl.replace(/^https?:\/\/[^/]+/, ''), took = [];
    await visit(page, scene, '/triggers/docker/activity');
    await page.evaluate(() => {
        window.seen = {};
        new MutationObserver(() => document.querySelectorAll('.tag').forEach((e) => { window.seen[e.textContent] ??= Date.now(); })).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    for (let i = 0; i < 10; i++) {
        const tag = `v7.0.${i}`, began = Date.now();
        await fetch(scene.url + hook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ push_data: { pushed_at: Math.floor(began / 1000), pusher: 'anna', tag }, callback_url: 'https://registry.hub.docker.com/u/acme/web/hook/x/',
            repository: { repo_name: 'acme/web', name: 'web', namespace: 'acme', status: 'Active' } }) });
        took.push(await until(`${tag} is on the screen`, () => page.evaluate((t) => window.seen[t], tag), 10) - began);
    }
    took.sort((a, b) => a - b);
    check('live: a push is on the screen within a second (the figure is bench/figure_page)', took.at(-2) < 1000, `${took} ms`); /* one in ten may fall into a pause of this machine */
    await page.context().close();
}

async function comesBack(scene) {
    const page = await openPage({ access: scene.access });
    await visit(page, scene, '/triggers/docker/activity');
    await page.context().setOffline(true);
    await page.evaluate(() => window.dispatchEvent(new Event('offline')));
    await page.getByRole('navigation').getByRole('link', { name: 'Endpoints' }).click();
    await page.getByText(/could not be loaded|does not answer/).first().waitFor();
    check('offline: said in words', true);
    await page.context().setOffline(false);
    await page.context().close();
}

await story('pages_test', async () => {
    const scene = await new Scene().start(), all = await places(scene);
    try {
        await signsIn(scene);
        await invites(scene);
        for (const role of ROLES) await asRole(scene, all, role);
        await refuses(scene);
        for (const looks of [{ language: 'en', dark: false, width: 1440 }, { language: 'de', dark: true, width: 1440 }, { language: 'de', dark: false, width: 360 }, { language: 'en', dark: true, width: 360 }]) await clean(scene, all, looks);
        await windows(scene);
        await keyboard(scene);
        await choices(scene);
        await live(scene);
        await hostile(scene);
        await comesBack(scene);
        await firstHour();
    } finally {
        await scene.end();
    }
});
