#!/usr/bin/env node
/* A pipeline made by forms alone, read back from the API; then one that has more than forms know, which loses nothing by them. */
import { readFileSync } from 'node:fs';
import { AXE, Server, check, openPage, picture, story, unexpected } from './lib.mjs';

/* By evaluate: the page's own policy lets no script in. */
async function violations(page) {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`));
}
const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (v) => (Array.isArray(v) ? v.map(sorted) : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, one]) => [k, sorted(one)])) : v);
const told = (name, got, wanted) => check(name, same(got, wanted), JSON.stringify(got));

const INTEGRATION = 'runtime: shell\ncode: |\n  greeting="hello $who"\ninputProperties:\n- name: who\n  type: text\n  defaultValue: world\noutputProperties:\n- name: greeting\n  type: label\n';

async function prepare(server) {
    const wait = { Wait: { type: 'Wait', input: { duration: '1s' } } };
    await server.make('/pipelines', { project: 'default', name: 'Undo', kind: 'PIPELINE', enabled: true, input: { tag: 'v0', reason: '' }, stageOrder: ['S'], stages: { S: { taskOrder: ['Wait'], tasks: wait } } });
    await server.make('/endpoints', { project: 'default', name: 'post', type: 'email', properties: { outboundHost: 'mail.example.com', senderAddress: 'slipway@example.com' } });
    await server.make('/custom-integrations', { project: 'default', name: 'greet', yaml: INTEGRATION });
}

// ---- by forms only

const form = (page) => page.locator('.model-form');
const field = (page, label) => form(page).getByLabel(label, { exact: true });
const tab = (page, name) => page.getByRole('tab', { name, exact: true }).first().click();
const formTab = (page, name) => form(page).getByRole('tab', { name: new RegExp(`^${name}`) }).click();

async function addTask(page, stage, name, type) {
    await page.getByRole('region', { name: `Stage ${stage}` }).getByRole('button', { name: '+ Sequential task' }).click();
    await field(page, 'Type').selectOption(type);
    await field(page, 'Task name').fill(name);
    await field(page, 'Task name').press('Enter');
    await form(page).getByRole('heading', { name: `Task: ${name}` }).waitFor();
}

async function pair(page, label, name, value) {
    const group = page.getByRole('group', { name: label, exact: true });
    await group.getByRole('button', { name: /^\+/ }).click();
    await group.getByPlaceholder('Name', { exact: true }).last().fill(name);
    await group.getByLabel(`${label}: ${name}`, { exact: true }).fill(value);
}

async function general(page) {
    await page.getByLabel('Name', { exact: true }).fill('by-forms');
    await page.getByLabel('Executions at the same time').fill('3');
    await page.getByLabel('All projects may run it').check();
    await tab(page, 'Input');
    await page.getByRole('button', { name: '+ Add input' }).click();
    await page.locator('.parameters').getByLabel('Name', { exact: true }).fill('tag');
    await page.keyboard.press('Enter');
    await page.getByLabel('Value: tag').fill('v1');
    await page.getByRole('button', { name: 'Star tag' }).click();
    await tab(page, 'Model');
    await page.getByRole('button', { name: '+ Add stage' }).click();
    await field(page, 'Stage name').fill('Deploy');
    await field(page, 'Stage name').press('Enter');
}

async function callTask(page) {
    await addTask(page, 'Deploy', 'Call', 'REST');
    await form(page).getByText('Time limit and retries').click();
    await field(page, 'Time limit of the task (minutes)').fill('15');
    await field(page, 'Retries after a failure').fill('3');
    await field(page, 'Seconds before the first').fill('5');
    await field(page, 'Each further delay is longer by').fill('1.5');
    await field(page, 'When this server stopped on the way').selectOption('retry');
    await field(page, 'On condition').check();
    await field(page, 'Precondition').fill('${input.tag} != "none"');
    await field(page, 'Action').selectOption('post');
    await field(page, 'URL').fill('https://example.com/deploy');
    await pair(page, 'Headers', 'X-Tag', '${input.tag}');
    await field(page, 'Payload').fill('{"tag": "${input.tag}"}');
    await field(page, 'Success criteria').fill('responseCode == 202');
    await picture(page, 'editors-rest');
    await formTab(page, 'Rollback');
    await field(page, 'Rollback pipeline').selectOption('Undo');
    await form(page).getByLabel('Its inputs: tag', { exact: true }).fill('${input.tag}');
    await picture(page, 'editors-rollback');
}

async function otherTasks(page) {
    await addTask(page, 'Deploy', 'Look', 'POLL');
    await field(page, 'URL').fill('https://example.com/state');
    await field(page, 'Succeeds when').fill("status == 'FINISHED'");
    await field(page, 'Fails when').fill("status == 'FAILED'");
    await field(page, 'Asked at most').fill('20');
    await field(page, 'Seconds for an answer').fill('30');
    await picture(page, 'editors-poll');
    await addTask(page, 'Deploy', 'Part', 'Pipeline');
    await field(page, 'Pipeline').selectOption('Undo');
    await form(page).getByLabel('Its inputs: reason', { exact: true }).fill('a try');
    await addTask(page, 'Deploy', 'Greet', 'Custom');
    await field(page, 'Custom integration').selectOption('greet');
    await form(page).getByLabel('Inputs: who', { exact: true }).fill('${input.tag}');
    await picture(page, 'editors-custom');
    await addTask(page, 'Deploy', 'Hold', 'Wait');
    await form(page).getByRole('button', { name: 'Add window' }).click();
    await field(page, 'Days').fill('sat');
    await field(page, 'Time zone').fill('Europe/Berlin');
    await picture(page, 'editors-wait');
    await addTask(page, 'Deploy', 'Machine', 'SSH');
    await field(page, 'Script').fill('echo "$1"');
    await field(page, 'Host').fill('build.example.com');
    await field(page, 'User').fill('ci');
    await field(page, 'Arguments').fill('${input.tag}\nsecond one');
    await pair(page, 'Environment variables', 'TAG', '${input.tag}');
}

const dialog = (page) => page.getByRole('dialog');

async function notifications(page) {
    await tab(page, 'Notifications');
    await picture(page, 'editors-notifications-empty');
    await page.getByRole('button', { name: '+ Add notification' }).click();
    await dialog(page).getByLabel('Mail server').selectOption('post');
    await dialog(page).getByLabel('To', { exact: true }).fill('nobody');
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await dialog(page).getByText("'nobody' is no e-mail address").waitFor();
    check("the server's word on a field stands there, and the focus", await dialog(page).getByLabel('To', { exact: true }).evaluate((box) => box === document.activeElement && box.getAttribute('aria-invalid') === 'true'));
    await picture(page, 'editors-notification-wrong');
    await dialog(page).getByLabel('To', { exact: true }).fill('ops@example.com\ndev@example.com');
    await dialog(page).getByLabel('Subject', { exact: true }).fill('${name} #${executionIndex} failed');
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '+ Add notification' }).click();
    await dialog(page).getByLabel('By', { exact: true }).selectOption('webhook');
    await dialog(page).getByLabel('Event', { exact: true }).selectOption('SUCCESS');
    await dialog(page).getByLabel('About', { exact: true }).selectOption({ label: 'Deploy › Call' });
    await dialog(page).getByLabel('URL').fill('ftp://x');
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await dialog(page).getByText('a URL begins with https://').waitFor();
    await dialog(page).getByLabel('URL').fill('https://chat.example.com/x');
    await dialog(page).getByLabel('Shape of the message').selectOption('slack');
    await pair(page, 'Headers', 'X-Token', '${var.chat}');
    await picture(page, 'editors-notification-webhook');
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    check('both are listed', await page.locator('.telling > li').count() === 2, await page.locator('.telling').textContent());
    await picture(page, 'editors-notifications');
}

async function save(page) {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').or(page.locator('.trouble')).first().waitFor();
}

async function byForms(server) {
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/pipelines/new`);
    await general(page);
    await callTask(page);
    await otherTasks(page);
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await formTab(page, 'Rollback');
    await field(page, 'Rollback pipeline').selectOption('Undo');
    check('the drawing shows what undoes a task and a stage', await page.locator('.model-stage .model-undo').allTextContents().then((all) => all.length === 2 && all.every((text) => text.includes('Undo'))));
    await notifications(page);
    await save(page);
    const { body: made } = await server.call('GET', '/pipelines/default/by-forms');
    const tasks = made.stages?.Deploy?.tasks ?? {};
    told('limits, retries, crash and condition of a task, and its call', tasks.Call, { type: 'REST', endpoints: {}, timeout: 15, retries: { count: 3, delay: 5, factor: 1.5 }, onCrash: 'retry', preCondition: '${input.tag} != "none"',
        input: { action: 'post', url: 'https://example.com/deploy', headers: { 'X-Tag': '${input.tag}' }, payload: '{"tag": "${input.tag}"}', successCriteria: 'responseCode == 202' } });
    told('exit criteria by two fields', tasks.Look?.input, { url: 'https://example.com/state', exitCriteria: { success: "status == 'FINISHED'", failure: "status == 'FAILED'" }, pollCount: 20, timeout: 30 });
    told('another pipeline, with the inputs that it asks for', tasks.Part?.input, { pipeline: 'Undo', inputProperties: { reason: 'a try' } });
    told('a custom integration from a list', tasks.Greet?.input, { name: 'greet', properties: { who: '${input.tag}' } });
    told('a window to wait for', [tasks.Hold?.input.window].flat()[0]?.days, 'sat');
    told('arguments by lines, environment by rows', [tasks.Machine?.input.arguments, tasks.Machine?.input.environmentVariables], [['${input.tag}', 'second one'], { TAG: '${input.tag}' }]);
    told('rollbacks', made.rollbacks, [{ stage: 'Deploy', task: 'Call', name: 'Undo', inputs: { tag: '${input.tag}' } }, { stage: 'Deploy', name: 'Undo' }]);
    told('notifications', made.notifications, { email: [{ event: 'FAILURE', endpoint: 'post', to: ['ops@example.com', 'dev@example.com'], subject: '${name} #${executionIndex} failed' }],
        webhook: [{ event: 'SUCCESS', stage: 'Deploy', task: 'Call', url: 'https://chat.example.com/x', type: 'slack', headers: { 'X-Token': '${var.chat}' } }] });
    told('head', [made.concurrency, made.global, made.starred, made.input], [3, true, { input: 'tag' }, { tag: 'v1' }]);
    return page;
}

/* Another choice, and back: what was written comes back with it. */
async function comesBack(page) {
    await tab(page, 'Model');
    await page.getByRole('button', { name: /^Look/ }).click();
    await field(page, 'Type').selectOption('K8S');
    check('another type begins with its own inputs', await field(page, 'Apply').isChecked());
    await field(page, 'Local YAML definition').fill('kind: Pod');
    await field(page, 'Source control').check();
    await field(page, 'File path').fill('k8s/site.yaml');
    await field(page, 'Local definition').check();
    check('a definition comes back with its source', await field(page, 'Local YAML definition').inputValue() === 'kind: Pod');
    await field(page, 'Type').selectOption('POLL');
    check('inputs come back with their type', await field(page, 'Succeeds when').inputValue() === "status == 'FINISHED'");
}

/* What is renamed, moved and deleted takes its rollback and notifications with it. */
async function follows(page, server) {
    await tab(page, 'Model');
    await page.getByRole('button', { name: /^Call/ }).click();
    await field(page, 'Task name').fill('Post it');
    await field(page, 'Task name').press('Enter');
    await page.getByRole('button', { name: '+ Add stage' }).click();
    await page.getByRole('button', { name: /^Post it/ }).press('Alt+ArrowRight');
    await page.getByRole('region', { name: 'Stage Stage' }).getByRole('button', { name: /^Post it/ }).waitFor();
    await save(page);
    const { body } = await server.call('GET', '/pipelines/default/by-forms');
    told('a task that is renamed and moved keeps its rollback and notification', [body.rollbacks[0].stage, body.rollbacks[0].task, body.notifications.webhook[0].stage, body.notifications.webhook[0].task], ['Stage', 'Post it', 'Stage', 'Post it']);
}

// ---- nothing is lost

const WHOLE = {
    project: 'default', name: 'whole', kind: 'PIPELINE', input: { tag: '' }, stageOrder: ['S'],
    stages: { S: { tags: ['x'], taskOrder: ['Call', 'Undoable'], tasks: {
        Call: { type: 'REST', tags: ['a'], retries: 2, input: { action: 'post', url: 'https://example.com/', headers: { 'X-Count': 3 }, payload: { list: [1, { deep: true }] } } },
        Undoable: { type: 'Pipeline', input: { pipeline: 'Undo', inputProperties: { tag: 7, reason: 'r', other: [1, 2] } } } } } },
    rollbacks: [{ stage: 'S', task: 'Undoable', name: 'Undo', inputs: { tag: true, more: { deep: 1 } }, note: 'kept' }],
    notifications: { webhook: [{ event: 'FAILURE', url: 'https://example.com/', payload: { text: ['${name}'] }, note: 'kept' }], email: [] },
};

async function losesNothing(page, server) {
    const { id } = await server.make('/pipelines', WHOLE);
    const before = (await server.call('GET', `/pipelines/${id}`)).body;
    await page.goto(`${server.url}/pipelines/${id}`);
    await page.getByRole('button', { name: /^Call/ }).click();
    await field(page, 'URL').fill('https://example.com/2');
    await field(page, 'Retries after a failure').fill('4');
    await form(page).getByLabel('Headers: X-Count', { exact: true }).fill('3 and no JSON');
    check('a value that was a number is to be JSON', await form(page).getByText('This is no JSON').isVisible());
    await page.getByRole('button', { name: /^Undoable/ }).click();
    await form(page).getByLabel('Its inputs: reason', { exact: true }).fill('s');
    await formTab(page, 'Rollback');
    await form(page).getByLabel('Its inputs: reason', { exact: true }).fill('t');
    await tab(page, 'Notifications');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await dialog(page).getByLabel('URL').fill('https://example.com/3');
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await dialog(page).getByText("knows no 'note'").waitFor();
    check('a key that no form has is shown, and kept by a second word', await dialog(page).getByText('Kept as they are').isVisible());
    await dialog(page).getByRole('button', { name: 'Take it with its mistakes' }).click();
    await save(page);
    const after = (await server.call('GET', `/pipelines/${id}`)).body, wanted = structuredClone(before);
    wanted.stages.S.tasks.Call.input.url = 'https://example.com/2';
    wanted.stages.S.tasks.Call.retries = 4;
    wanted.stages.S.tasks.Undoable.input.inputProperties.reason = 's';
    wanted.rollbacks[0].inputs.reason = 't';
    wanted.notifications.webhook[0].url = 'https://example.com/3';
    const part = ({ stages, rollbacks, notifications, input }) => ({ stages, rollbacks, notifications, input });
    told('what forms do not know stays as it was', part(after), part(wanted));
    return id;
}

/* What Validate finds stands at its field, until that is changed. */
async function atFields(page) {
    await page.getByRole('tab', { name: 'Model', exact: true }).click();
    await page.getByRole('button', { name: /^Call/ }).click();
    await field(page, 'Time limit of the task (minutes)').fill('99999');
    await page.getByRole('button', { name: 'Validate' }).click();
    const told = form(page).getByText('timeout must be 1 to 10080 minutes');
    await told.waitFor();
    check('what is found stands at its field', await field(page, 'Time limit of the task (minutes)').getAttribute('aria-invalid') === 'true');
    await field(page, 'Time limit of the task (minutes)').fill('');
    check('and goes when that is changed', await told.count() === 0);
    await page.getByRole('button', { name: 'Close', exact: true }).first().click();
}

// ---- the other language, a phone, and whoever sees by other means

async function german(server, id) {
    const page = await openPage({ access: server.access, language: 'de', dark: true, width: 390, height: 800 });
    await page.goto(`${server.url}/pipelines/${id}`);
    await page.getByRole('button', { name: /^Call/ }).click();
    await page.getByText('Zeitlimit und Wiederholungen').waitFor();
    check('German, and nothing wider than a phone: task', await narrow(page));
    await form(page).scrollIntoViewIfNeeded();
    await picture(page, 'editors-phone-task');
    await form(page).getByRole('tab', { name: /^Rollback/ }).click();
    await page.getByLabel('Rollback-Pipeline').selectOption('Undo');
    check('rollback', await narrow(page));
    await picture(page, 'editors-phone-rollback');
    await page.getByRole('tab', { name: 'Benachrichtigungen' }).first().click();
    await page.getByRole('button', { name: 'Bearbeiten' }).waitFor();
    check('notifications', await narrow(page));
    await picture(page, 'editors-phone-notifications');
    await page.getByRole('button', { name: 'Bearbeiten' }).click();
    await page.getByRole('dialog').getByText('Form der Nachricht').waitFor();
    check('one notification', await narrow(page) && await page.getByRole('dialog').evaluate((box) => box.scrollWidth <= box.clientWidth));
    await picture(page, 'editors-phone-notification');
    const found = await violations(page);
    check('axe finds nothing in its window', !found.length, found.join('; '));
    check('the console has nothing to say in German', !unexpected(page).length, unexpected(page).join('; '));
}

/* A list from top to bottom without a pointer. */
async function keyboard(page) {
    await tab(page, 'Notifications');
    await page.getByRole('button', { name: '+ Add notification' }).focus();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'More: Webhook 1' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus').waitFor();
    for (const key of ['End', 'Enter']) await page.keyboard.press(key);
    await page.getByText('Nobody is told').waitFor();
    check('added, left and deleted by keys', true);
}

await story('editors_test', async () => {
    const server = await new Server().start();
    await prepare(server);
    const page = await byForms(server);
    await comesBack(page);
    await follows(page, server);
    const id = await losesNothing(page, server);
    await atFields(page);
    await page.getByRole('tab', { name: 'Model', exact: true }).click();
    await page.getByRole('button', { name: /^Undoable/ }).click();
    for (const name of ['Task', 'Rollback', 'Notifications']) {
        await formTab(page, name);
        const found = await violations(page);
        check(`axe finds nothing in a task's ${name}`, !found.length, found.join('; '));
    }
    await german(server, id);
    await keyboard(page);
    check('the console has nothing to say', !unexpected(page, 400, 422).length, unexpected(page, 400, 422).join('; '));
    await server.end();
});
