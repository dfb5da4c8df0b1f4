/* A new pipeline: from nothing, from the template, from a file, or as a copy. */
import { useState } from 'preact/hooks';
import { P, call } from '../../api';
import { Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { go } from '../../router';
import { t } from '../../texts';
import type { Saved } from './definition';

export function NewWindow({ close, imports }: { close: () => void; imports: () => void }) {
    return (
        <Dialog title={t('newPipeline')} close={close}>
            <ul class="beginnings">
                <li><a href="/pipelines/new?from=docker&tab=model"><strong>{t('newDocker')}</strong><small>{t('newDockerHint')}</small></a></li>
                <li><a href="/pipelines/new?from=blank&tab=model"><strong>{t('newBlank')}</strong><small>{t('newBlankHint')}</small></a></li>
                <li><button type="button" onClick={imports}><strong>{t('newImport')}</strong><small>{t('newImportHint')}</small></button></li>
            </ul>
        </Dialog>
    );
}

export function CloneWindow({ of, close }: { of: { id: string; name: string }; close: () => void }) {
    const [name, setName] = useState(t('cloneName', { name: of.name }));
    const { busy, problem, run } = useAction();
    const clone = () => run(async () => {
        const made = await call<Saved>('POST', `${P}/pipelines/${of.id}`, { name: name.trim() });
        go(`/pipelines/${made.id}`);
    });
    return (
        <Dialog title={`${t('clone')}: ${of.name}`} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); clone(); }}>
                <Field label={t('name')}><Text required value={name} maxLength={255} set={setName} /></Field>
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy || !name.trim()}>{t('clone')}</button></footer>
            </form>
        </Dialog>
    );
}
