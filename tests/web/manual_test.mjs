#!/usr/bin/env node
/* The manual's procedure (Docker trigger), step by step in the browser, in German and in English, against the real registry and cluster
 * of the lab. Everything is found by the words that a reader has before him. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, check, inLab, lab, openPage, picture, unexpected, until } from './lib.mjs';

/* The manual's own words, and the page's for what the manual has no words for. */
const WORDS = {
    de: {
        signIn: 'Anmelden', token: 'API-Token', endpoints: 'Endpoints', newEndpoint: 'Neuer Endpoint', name: 'Name', type: 'Typ', serverType: 'Servertyp', registryType: 'Docker-Registrierung',
        otherRegistry: 'Andere OCI-Registrierung (distribution)', url: 'URL des Repositorys', user: 'Benutzer', password: 'Kennwort', validate: 'Validieren', create: 'Erstellen', kubernetes: 'Kubernetes-Cluster',
        proxy: 'Cloud-Proxy', standard: 'Standard', webhooks: 'Webhooks für Docker', newWebhook: 'Neuer Webhook für Docker', project: 'Projekt', endpoint: 'Docker-Registrierungs-Endpoint', pipeline: 'Pipeline',
        apiToken: 'API-Token', image: 'Build-Image', tag: 'Tag', save: 'Speichern', enabled: 'Aktiviert', disabled: 'Deaktiviert', activity: 'Aktivität', executions: 'Ausführungen', generate: 'Generieren',
        generateToken: 'Token generieren', generatedToken: 'Generiertes Token', copy: 'Kopieren', orgRole: 'Organisationsrolle', owner: 'Organisationsbesitzer', serviceRole: 'Dienstrolle',
        administrator: 'Administrator', account: 'Mein Konto API-Token', completed: 'Abgeschlossen', ignored: 'Ignoriert', close: 'Schließen', triggers: 'Auslöser › Docker',
        deployments: 'Was läuft wo', moreOf: 'Mehr', pipelines: 'Pipelines', newPipeline: 'Neue Pipeline', blank: /^Leer/, input: 'Eingabe', model: 'Modell', autoInject: 'Parameter automatisch einfügen', addStage: 'Phase hinzufügen', stageName: 'Name der Phase',
        addTask: 'Sequenzielle Aufgabe', taskName: 'Name der Aufgabe', pullSecret: 'Geheimer Schlüssel der Registrierung', localDefinition: 'Lokale Definition', localYaml: 'Lokale YAML-Definition',
        simulateThis: 'Dies simulieren', apply: 'Anwenden', useApply: 'Anwenden verwenden', saved: 'Gespeichert',
    },
    en: {
        signIn: 'Sign in', token: 'API token', endpoints: 'Endpoints', newEndpoint: 'New endpoint', name: 'Name', type: 'Type', serverType: 'Server type', registryType: 'Docker registry',
        otherRegistry: 'Any OCI registry (distribution)', url: 'URL of the repository', user: 'User', password: 'Password', validate: 'Validate', create: 'Create', kubernetes: 'Kubernetes cluster',
        proxy: 'Cloud proxy', standard: 'Default', webhooks: 'Webhooks for Docker', newWebhook: 'New webhook for Docker', project: 'Project', endpoint: 'Docker registry endpoint', pipeline: 'Pipeline',
        apiToken: 'API token', image: 'Build image', tag: 'Tag', save: 'Save', enabled: 'Enabled', disabled: 'Disabled', activity: 'Activity', executions: 'Executions', generate: 'Generate',
        generateToken: 'Generate token', generatedToken: 'Generated token', copy: 'Copy', orgRole: 'Organization role', owner: 'Organization owner', serviceRole: 'Service role',
        administrator: 'Administrator', account: 'My account API tokens', completed: 'Completed', ignored: 'Ignored', close: 'Close', triggers: 'Triggers › Docker',
        deployments: 'What runs where', moreOf: 'More', pipelines: 'Pipelines', newPipeline: 'New pipeline', blank: /^Blank/, input: 'Input', model: 'Model', autoInject: 'Auto inject parameters', addStage: 'Add stage', stageName: 'Stage name',
        addTask: 'Sequential task', taskName: 'Task name', pullSecret: 'Registry secret', localDefinition: 'Local definition', localYaml: 'Local YAML definition',
        simulateThis: 'Simulate this', apply: 'Apply', useApply: 'Use Apply', saved: 'Saved',
    },
};

const DEPLOYMENT = (namespace) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: site, namespace: ${namespace}}
spec:
  replicas: 1
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec:
      containers:
      - name: site
        image: \${input.DOCKER_REGISTRY}/\${input.DOCKER_IMAGE}:\${input.DOCKER_TAG}
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /index.html, port: 8080}, periodSeconds: 1}
`;

const { REGISTRY_URL, REGISTRY_USER, REGISTRY_PASSWORD, KUBECONFIG } = process.env;

const menu = (page, name) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
const button = (where, name) => where.getByRole('button', { name, exact: true });
const field = (where, label) => where.getByLabel(label, { exact: true });
const dialog = (page) => page.getByRole('dialog').last();

async function signIn(page, w, server) {
    await page.goto(server.url);
    await field(page, w.token).fill(server.apiToken);
    await button(page, w.signIn).last().click();
    await page.getByRole('navigation').waitFor();
}

// ---- step 1: endpoints

async function registryEndpoint(page, w) {
    await menu(page, w.endpoints);
    await button(page, w.newEndpoint).click();
    const form = dialog(page);
    await field(form, w.name).fill('registry');
    check(`${w.proxy}: ${w.standard}`, await field(form, w.proxy).locator('option:checked').textContent() === w.standard);
    await field(form, w.serverType).selectOption({ label: w.otherRegistry });
    await field(form, w.url).fill(REGISTRY_URL);
    await field(form, w.user).fill(REGISTRY_USER);
    await field(form, w.password).fill('wrong');
    await button(form, w.validate).click();
    await form.getByText('401').waitFor();
    await field(form, w.password).fill(REGISTRY_PASSWORD);
    await button(form, w.validate).click();
    await form.getByText('401').waitFor({ state: 'detached' });
    await button(form, w.create).click();
    await page.getByRole('heading', { name: 'registry', exact: true }).waitFor();
    check(`1. ${w.newEndpoint}: registry`, true);
}

async function clusterEndpoint(page, w) {
    await button(page, w.newEndpoint).click();
    const form = dialog(page);
    await field(form, w.type).selectOption({ label: w.kubernetes });
    await field(form, w.name).fill('cluster');
    await form.locator('input[type=file]').setInputFiles(KUBECONFIG);
    await button(form, w.create).click();
    await page.getByRole('heading', { name: 'cluster', exact: true }).waitFor();
    check(`1. ${w.newEndpoint}: cluster`, true);
}

// ---- steps 2 and 4: the pipeline, its inputs, and the Kubernetes task

/* What the manual shows as the definition by mistake: what Docker Hub sends to a webhook. */
const HUB_BODY = JSON.stringify({ push_data: { pushed_at: 1700000000, pusher: 'anna', tag: '1.0' }, callback_url: 'https://registry.hub.docker.com/u/acme/site/hook/x/',
    repository: { repo_name: 'acme/site', name: 'site', namespace: 'acme', status: 'Active' } });

async function makePipeline(page, w, server, namespace) {
    const definition = join(server.folder, 'site.yaml');
    writeFileSync(definition, DEPLOYMENT(namespace));
    await menu(page, w.pipelines);
    await button(page, w.newPipeline).click();
    await dialog(page).getByRole('link', { name: w.blank }).click();
    await field(page, w.name).fill('deploy');
    await page.getByRole('tab', { name: w.input, exact: true }).click();
    await page.getByRole('radio', { name: 'Docker' }).check();
    const injected = (name) => page.getByRole('button', { name: `${w.moreOf}: ${name}`, exact: true });
    await injected('DOCKER_IMAGE').waitFor();
    check(`2. ${w.autoInject}: Docker`, await injected('DOCKER_TAG').isVisible());
    await page.getByRole('tab', { name: w.model, exact: true }).click();
    await page.getByRole('button', { name: `+ ${w.addStage}` }).click();
    await rename(page, w.stageName, 'Deploy');
    await page.getByRole('button', { name: `+ ${w.addTask}` }).click();
    await rename(page, w.taskName, 'Site');
    await kubernetesTask(page, w, definition);
    await button(page, w.save).click();
    await page.getByText(w.saved).first().waitFor();
    await page.getByRole('switch', { name: w.disabled }).click();
    await page.getByRole('switch', { name: w.enabled }).waitFor();
    check(`4. ${w.save}: the pipeline deploy is ${w.enabled}`, (await server.call('GET', '/pipelines/default/deploy')).body.enabled === true);
}

async function rename(page, label, name) {
    await field(page, label).fill(name);
    await field(page, label).press('Enter');
}

async function kubernetesTask(page, w, definition) {
    const form = page.getByRole('complementary');
    check(`4. ${w.type}: Kubernetes`, await field(form, w.type).locator('option:checked').textContent() === 'Kubernetes');
    await field(form, w.kubernetes).selectOption('cluster');
    await field(form, w.pullSecret).selectOption('registry');
    check(`4. ${w.localDefinition}`, await form.getByRole('radio', { name: w.localDefinition }).isChecked());
    await field(form, w.localYaml).fill(HUB_BODY);
    await form.getByText('acme/site:1.0').waitFor();
    check('4. what the manual shows here by mistake is recognised', await button(form, w.simulateThis).isVisible());
    await form.getByRole('radio', { name: w.create, exact: true }).check();
    await button(form, w.useApply).click();
    check(`4. ${w.apply} instead of ${w.create}`, await form.getByRole('radio', { name: w.apply, exact: true }).isChecked());
    await form.locator('input[type=file]').setInputFiles(definition);
    await form.getByText(w.simulateThis).waitFor({ state: 'detached' });
    await step(page, 'task');
    check(`4. ${w.localYaml}: a file`, (await field(form, w.localYaml).inputValue()).includes('kind: Deployment'));
}

// ---- step 3: the webhook, and the token for it

async function token(page, w) {
    await page.getByRole('link', { name: w.account }).click();
    await button(page, w.generateToken).click();
    let form = dialog(page);
    await field(form, w.name).fill('docker');
    await field(form, w.orgRole).selectOption({ label: w.owner });
    await field(form, w.serviceRole).selectOption({ label: w.administrator });
    await button(form, w.generate).click();
    await page.getByRole('dialog', { name: w.generatedToken }).waitFor();
    form = dialog(page);
    const shown = await form.locator('code').textContent();
    check(`3.7 ${w.generatedToken}: the name that was given`, await form.getByText('docker', { exact: true }).isVisible());
    await button(form, w.copy).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    check(`3.7 ${w.copy}: the exact text`, copied === shown && copied.startsWith('slw_'), `${copied.length} ${shown.length}`);
    await button(form, w.close).last().click();
    return copied;
}

async function webhook(page, w, apiToken) {
    await menu(page, w.webhooks);
    await button(page, w.newWebhook).click();
    const form = dialog(page);
    await field(form, w.project).selectOption('default');
    await field(form, w.name).fill('site');
    await field(form, w.endpoint).selectOption('registry');
    await field(form, w.pipeline).selectOption('deploy');
    await field(form, w.apiToken).fill(apiToken);
    await field(form, w.image).fill('acme/site');
    await field(form, w.tag).fill('.*');
    await step(page, 'webhook');
    await button(form, w.save).click();
    const url = await dialog(page).locator('code').first().textContent();
    check('3.10 the URL for the registry is shown', /^http:\/\/127.0.0.1:\d+\/\S{20,}$/.test(url), url.length);
    await button(dialog(page), w.close).first().click();
    await page.getByRole('heading', { name: 'site', exact: true }).waitFor();
    check(`3.10 ${w.save}: the card shows the webhook, ${w.enabled}`, await page.getByRole('switch', { name: w.enabled }).getAttribute('aria-checked') === 'true');
}

/* A picture of each step, for who asked for them (./dev screenshots). */
async function step(page, name) {
    if (process.env.SLIPWAY_STEPS) await page.screenshot({ path: join(process.env.SLIPWAY_STEPS, `manual-${name}-${await page.evaluate(() => document.documentElement.lang)}.png`) });
}

// ---- steps 5 to 8: push, activity, executions, the running stage

function running(namespace) {
    const pods = JSON.parse(lab('kubectl', '-n', namespace, 'get', 'pods', '-l', 'app=site', '-o', 'json')).items;
    return pods.filter((p) => !p.metadata.deletionTimestamp).flatMap((p) => p.status.containerStatuses ?? []).filter((c) => c.ready).map((c) => c.imageID);
}

const push = (tag, version) => /DIGEST=(\S+)/.exec(lab('push', 'acme/site', tag, version))[1];

async function watchPush(page, w, namespace) {
    await menu(page, w.activity);
    const digest = push('1.0', 'a');
    await page.getByText('1.0', { exact: true }).waitFor();
    check(`6. ${w.activity} shows the push without a reload`, true);
    await step(page, 'activity');
    await menu(page, w.executions);
    await page.getByRole('link', { name: /deploy #1/ }).click();
    await page.getByRole('button', { name: /^Site/ }).click();
    await page.getByRole('heading', { name: 'Site', exact: true }).waitFor();
    check('8. a click on the stage shows its task', true);
    await page.locator('main').getByText(w.completed, { exact: true }).first().waitFor({ timeout: 60000 });
    check(`7. ${w.executions}: the run is ${w.completed} without a reload`, true);
    await until('the pod runs the digest that was pushed', () => running(namespace).some((id) => id.includes(digest)), 60);
    check('the pod runs the image that was pushed', true);
    await step(page, 'run');
    await menu(page, w.deployments);
    await page.getByText(digest.slice(7, 19)).first().waitFor();
    check(`${w.deployments}: the image, its digest and the run that brought it`, await page.getByText('deploy #1').first().isVisible());
    await step(page, 'deployments');
}

async function disabled(page, w, server) {
    await menu(page, w.webhooks);
    await page.getByRole('switch', { name: w.enabled }).click();
    await page.getByRole('switch', { name: w.disabled }).waitFor();
    push('2.0', 'b');
    await menu(page, w.activity);
    await page.getByText('2.0', { exact: true }).waitFor();
    await page.getByText('webhook disabled').first().waitFor();
    const runs = await server.rows('/executions');
    check(`3.10 ${w.disabled}: a push starts nothing, and ${w.activity} says why`, runs.length === 1, `${runs.length} executions`);
}

async function procedure(language) {
    const w = WORDS[language], namespace = `manual-${language}-${process.pid}`, server = await new Server().start();
    const page = await openPage({ language });
    lab('kubectl', 'create', 'namespace', namespace);
    try {
        await signIn(page, w, server);
        await registryEndpoint(page, w);
        await clusterEndpoint(page, w);
        await makePipeline(page, w, server, namespace);
        await webhook(page, w, await token(page, w));
        lab('registry-hook', (await server.call('GET', '/registry-webhooks/default/site')).body.webhookUrl);
        await watchPush(page, w, namespace);
        await disabled(page, w, server);
        check(`${language}: the console has nothing to say`, !unexpected(page).length, unexpected(page).join(' | '));
    } catch (error) {
        await picture(page, `manual-${language}`);
        throw error;
    } finally {
        lab('registry-hook', 'none');
        lab('kubectl', 'delete', 'namespace', namespace, '--wait=false');
        await page.context().close();
        await server.end();
    }
}

await inLab('manual_test', async () => { for (const language of ['de', 'en']) await procedure(language); });
