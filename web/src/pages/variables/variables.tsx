import { useState } from 'preact/hooks';
import { P, call, may, who } from '../../api';
import { useList } from '../../listing';
import type { Variable } from '../../model';
import { Choice, Confirm, Dialog, Empty, Field, Head, Loading, Text, Trouble, useAction } from '../../parts';
import { t } from '../../texts';

function Form({ old, close }: { old: Variable | null; close: () => void }) {
    const secret = old && old.type !== 'REGULAR';
    const [d, setDraft] = useState({ project: old?.project ?? who.value?.projects[0]?.name ?? 'default', name: old?.name ?? '', description: old?.description ?? '', type: old?.type ?? 'REGULAR', value: secret ? '' : old?.value ?? '' });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/variables${old ? `/${old.id}` : ''}`, { ...d, value: secret && !d.value ? old.value : d.value });
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newVariable')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                {!old && <Field label={t('project')} wrong={wrong('project')}><Text required value={d.project} set={(project) => set({ project })} /></Field>}
                <Field label={t('name')} wrong={wrong('name')}><Text required value={d.name} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <Field label={t('type')} wrong={wrong('type')}><Choice value={d.type} set={(type) => set({ type })} options={[['REGULAR', t('regular')], ['SECRET', t('secret')], ['RESTRICTED', t('restrictedType')]]} /></Field>
                <Field label={t('value')} wrong={wrong('value')}><Text type={d.type === 'REGULAR' ? 'text' : 'password'} required={!secret} placeholder={secret ? t('unchanged') : ''} value={d.value} set={(value) => set({ value })} /></Field>
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t('save')}</button></footer>
            </form>
        </Dialog>
    );
}

export default function Variables() {
    const { data, problem, reload, more } = useList<Variable>('/variables', { $orderby: 'name asc' }, ['variables']);
    const [edited, edit] = useState<Variable | 'new' | null>(null);
    const [gone, remove] = useState<Variable | null>(null);
    const create = <button type="button" class="primary" onClick={() => edit('new')}>{t('newVariable')}</button>;
    return (
        <>
            <Head title={t('variables')}>{data && data.rows.length > 0 && create}</Head>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t('noVariables')} hint={t('noVariablesHint')}>{create}</Empty>}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((v) => (
                <li class="row" key={v.id}><div class="line token-line">
                    <span class="what"><strong>{v.name}</strong><small>{v.description}</small></span>
                    <span class="whom"><small>{v.type === 'REGULAR' ? t('regular') : v.type === 'SECRET' ? t('secret') : t('restrictedType')}</small><code>{v.value}</code></span>
                    <span class="whom"><small>{t('project')}</small><span>{v.project}</span></span>
                    <span>{may('develop', v.project) && <><button type="button" class="plain" aria-label={`${t('edit')}: ${v.name}`} onClick={() => edit(v)}>{t('edit')}</button>
                        <button type="button" class="plain bad" aria-label={`${t('remove')}: ${v.name}`} onClick={() => remove(v)}>{t('remove')}</button></>}</span>
                </div></li>))}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <Form old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteHint')} word={t('remove')} close={() => { remove(null); reload(); }} act={() => call('DELETE', `${P}/variables/${gone.id}`)} />}
        </>
    );
}
