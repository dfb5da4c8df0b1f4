#!/usr/bin/env node
/* The import of a YAML file: judged before, told by line, and a secret in it hidden by a button. */
import { readFileSync } from 'node:fs';
import { AXE, Server, check, openPage, picture, story, unexpected } from './lib.mjs';

const YAML = `---
kind: PIPELINE
name: deploy
project: default
stageOrder: [S]
stages:
  S:
    taskOrder: [Tell]
    tasks:
      Tell:
        type: REST
        input:
          action: post
          url: https://hooks.example.com/x
          headers: {Authorization: Bearer abcdef0123456789}
          payolad: x
---
kind: VARIABLE
name: db-password
project: default
type: REGULAR
value: hunter22
`;

const file = (text) => ({ name: 'deploy.yaml', mimeType: 'application/x-yaml', buffer: Buffer.from(text) });

await story('import_test', async () => {
    const server = await new Server().start();
    const page = await openPage({ access: server.access });
    await page.goto(`${server.url}/pipelines`);
    await page.getByRole('button', { name: 'Import YAML' }).first().click();
    await page.getByLabel('Choose file …').setInputFiles(file(YAML.replace('REGULAR', 'LOUD')));
    await page.getByText('cannot be imported').waitFor();
    check('what is wrong is told before anything is imported', await page.getByText("a variable's type is REGULAR, SECRET or RESTRICTED").isVisible()
        && await page.getByRole('button', { name: 'Import', exact: true }).isDisabled());
    await page.getByLabel('Choose file …').setInputFiles(file(YAML));
    await page.getByText('did you mean payload?').waitFor();
    check('a warning has its line, and says what was expected', await page.getByText(/[Ll]ine 16/).first().isVisible());
    check('nothing is made while it is judged', (await server.rows('/pipelines')).length === 0);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Imported', { exact: true }).waitFor();
    const buttons = page.getByRole('button', { name: 'Make it a SECRET variable' });
    check('each secret has a button', await buttons.count() === 2, String(await buttons.count()));
    await picture(page, 'import-secrets');
    const found = await page.evaluate(readFileSync(AXE, 'utf8')).then(() => page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`)));
    check('axe finds nothing there', found.length === 0, found.join('; '));
    await buttons.last().click();
    await page.getByText(/stands in its place now|It is SECRET now/).first().waitFor();
    await buttons.first().click();
    await page.getByText('${var.deploy-Tell-Authorization} stands in its place now.').waitFor();
    await page.getByText('It is SECRET now.').waitFor();
    const variables = await server.rows('/variables'), pipeline = (await server.rows('/pipelines'))[0];
    check('and the server did it', variables.length === 2 && variables.every((v) => v.type === 'SECRET') && pipeline.stages.S.tasks.Tell.input.headers.Authorization === 'Bearer ${var.deploy-Tell-Authorization}', JSON.stringify(pipeline));
    await picture(page, 'import-secured');
    check('the console has nothing to say', unexpected(page, 400).length === 0, unexpected(page, 400).join('; '));
    await server.end();
});
