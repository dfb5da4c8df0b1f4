/* Variables: values that several pipelines share. */
import './variables.css';
import { useState } from 'preact/hooks';
import { P, call, filterOf, may } from '../../api';
import { shownText, useList } from '../../listing';
import type { Variable } from '../../model';
import { Choice, Confirm, Copy, Empty, Head, Loading, Menu, Text, Trouble } from '../../parts';
import { mayDevelopIn, projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { TYPES, VariableForm } from './form';

const typeName = (type: string) => t(TYPES.find(([key]) => key === type)?.[1] ?? 'regular');
const typeMeans = (type: string) => t(TYPES.find(([key]) => key === type)?.[2] ?? 'regularMeans');
const mayChange = (v: Variable) => may(v.type === 'RESTRICTED' ? 'manage' : 'develop', v.project);

function Row({ of: v, edit, remove }: { of: Variable; edit: () => void; remove: () => void }) {
    const reference = '${var.' + v.name + '}';
    return (
        <li class="row"><div class="line variable-line">
            <span class="what"><strong>{v.name}</strong><small>{v.description}</small></span>
            <span><span class="chip" title={typeMeans(v.type)}>{typeName(v.type)}</span></span>
            {v.type === 'REGULAR' ? <code class="value">{v.value}</code> : <span class="faint">{t('hiddenValue')}</span>}
            <span class="whom"><small>{v.project}</small></span>
            <span class="ends"><Copy quiet text={reference} label={reference.length > 28 ? t('copy') : reference} />
                {mayChange(v) && <Menu label={`${t('moreActions')}: ${v.name}`} items={[{ text: t('edit'), act: edit }, { text: t('remove'), act: remove, bad: true }]} />}</span>
        </div></li>
    );
}

function Filters({ count }: { count: string }) {
    const q = query();
    return (
        <div class="filters" role="search">
            <Text type="search" aria-label={t('search')} placeholder={t('search')} value={q.get('search') ?? ''} set={(v) => setQuery('search', v)} />
            <Choice aria-label={t('type')} value={q.get('type') ?? ''} set={(v) => setQuery('type', v)} options={[['', `${t('type')}: ${t('all')}`], ...TYPES.map(([type, name]) => [type, t(name)] as const)]} />
            {projects.value.length > 1 && <Choice aria-label={t('project')} value={q.get('project') ?? ''} set={(v) => setQuery('project', v)}
                options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
            <span class="faint count" aria-live="polite">{count}</span>
        </div>
    );
}

export default function Variables() {
    const q = query();
    const search = q.get('search') ?? '', type = q.get('type') ?? '', project = q.get('project') ?? '';
    const { data, problem, reload, more } = useList<Variable>('/variables', { $orderby: 'name asc', $filter: filterOf({ type, project }), search }, ['variables']);
    const [edited, edit] = useState<Variable | 'new' | null>(null);
    const [gone, remove] = useState<Variable | null>(null);
    const filtered = search || type || project;
    const create = mayDevelopIn().length ? <button type="button" class="primary" onClick={() => edit('new')}>{t('newVariable')}</button> : null;
    return (
        <>
            <Head title={t('variables')}>{data?.rows.length || filtered ? create : null}</Head>
            {(filtered || (data && data.rows.length > 0)) && <Filters count={data ? shownText(data) : ''} />}
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noVariables')} hint={t(filtered ? 'nothingFitsHint' : 'noVariablesHint')}>{!filtered && create}</Empty>}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((v) => <Row key={v.id} of={v} edit={() => edit(v)} remove={() => remove(v)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <VariableForm old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteVariableHint', { name: gone.name })} word={t('remove')} close={() => remove(null)} act={() => call('DELETE', `${P}/variables/${gone.id}`)} />}
        </>
    );
}
