/* A run by hand: its inputs and a comment. */
import { useMemo, useState } from 'preact/hooks';
import { P, call } from '../../api';
import { useLoaded } from '../../loading';
import type { Pipeline } from '../../model';
import { Dialog, Field, Loading, Text, Trouble, useAction } from '../../parts';
import { go } from '../../router';
import { t } from '../../texts';
import { textOf } from './parameters';

/* One key for one wish: a second click, or a try after a lost answer, starts no second run. Not randomUUID, which plain http has not. */
function newKey(): string {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Runnable { id: string; name: string }
type Given = Record<string, string>;

function Input({ of, name, given, set }: { of: Pipeline; name: string; given: Given; set: (given: Given) => void }) {
    const meta = of._inputMeta?.[name];
    const value = given[name] ?? textOf(of.input?.[name]);
    const label = meta?.mandatory ? `${name} *` : name;
    return <Field label={label} {...(meta?.description ? { hint: meta.description } : {})}><Text value={value} required={!!meta?.mandatory} set={(v) => set({ ...given, [name]: v })} /></Field>;
}

export function RunForm({ of, close, unsaved }: { of: Pipeline; close: () => void; unsaved: boolean }) {
    const [given, set] = useState<Given>({}), [comments, setComments] = useState('');
    const { busy, problem, run } = useAction();
    const body = { comments, input: given };
    const key = useMemo(newKey, [JSON.stringify(body)]);
    const start = () => run(async () => {
        const made = await call<{ executionId: string }>('POST', `${P}/pipelines/${of.id}/executions`, body, undefined, { 'Idempotency-Key': key });
        close();
        go(`/executions/${made.executionId}`);
    });
    const names = Object.keys(of.input ?? {});
    const own = names.filter((n) => !n.startsWith('DOCKER_')), docker = names.filter((n) => n.startsWith('DOCKER_'));
    const field = (name: string) => <Input key={name} of={of} name={name} given={given} set={set} />;
    return (
        <form onSubmit={(e) => { e.preventDefault(); start(); }}>
            {unsaved && <p class="notice">{t('runUnsaved')}</p>}
            {!of.enabled && <p class="notice">{t('mustEnable')}</p>}
            {!names.length && <p class="faint">{t('runNoInputs')}</p>}
            {own.map(field)}
            {docker.length > 0 && <fieldset><legend>{t('runDocker')}</legend><div class="pair">{docker.map(field)}</div></fieldset>}
            <Field label={t('comments')}><Text value={comments} maxLength={1000} set={setComments} /></Field>
            <Trouble problem={problem} />
            <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy || !of.enabled}>{busy ? t('loading') : t('runNow')}</button></footer>
        </form>
    );
}

/* The inputs are asked for anew: what a list or an editor holds may be older than what will run. */
export function RunWindow({ of, close, unsaved = false }: { of: Runnable; close: () => void; unsaved?: boolean }) {
    const { data, problem, reload } = useLoaded<Pipeline>(`run ${of.id}`, [], (s) => call('GET', `${P}/pipelines/${of.id}`, undefined, s));
    return (
        <Dialog title={t('runPipeline', { name: of.name })} close={close} wide={Object.keys(data?.input ?? {}).length > 6}>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && <RunForm of={data} close={close} unsaved={unsaved} />}
        </Dialog>
    );
}
