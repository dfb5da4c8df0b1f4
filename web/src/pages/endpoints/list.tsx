/* Registries and clusters as cards. */
import './endpoints.css';
import { useState } from 'preact/hooks';
import { P, call, filterOf, list, may } from '../../api';
import { shownText, useList } from '../../listing';
import { useLoaded } from '../../loading';
import type { CloudProxy, Endpoint } from '../../model';
import { Choice, Confirm, Empty, Head, Loading, Menu, Text, Time, Trouble, useAction } from '../../parts';
import { mayDevelopIn, projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { EndpointForm } from './form';
import { KINDS, kindOf } from './kinds';

interface Asked { status: string; statusMessage: string }

function Card({ endpoint, via, edit, remove }: { endpoint: Endpoint; via: string; edit: () => void; remove: () => void }) {
    const { busy, problem, run } = useAction();
    const [answer, setAnswer] = useState<Asked | null>(null);
    const kind = kindOf(endpoint.type);
    const mine = may('develop', endpoint.project);
    const validate = () => run(async () => {
        setAnswer(null);
        setAnswer(await call<Asked>('POST', `${P}/endpoint-validation`, { name: endpoint.name, project: endpoint.project, type: endpoint.type, cloudProxyId: endpoint.cloudProxyId ?? '', properties: endpoint.properties }));
    });
    const good = answer?.status === 'COMPLETED';
    return (
        <li class="card endpoint">
            <header>
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={kind.icon} /></svg>
                <span class="named"><h2>{endpoint.name}</h2><small>{t(kind.text)}{endpoint.type === 'dockerregistry' && ` · ${t(endpoint.properties.serverType === 'distribution' ? 'distributionShort' : 'dockerHub')}`}</small></span>
                {mine && <Menu label={`${t('moreActions')}: ${endpoint.name}`} items={[{ text: t('edit'), act: edit }, { text: t('remove'), act: remove, bad: true }]} />}
            </header>
            {kind.address(endpoint.properties) && <p class="address"><code>{kind.address(endpoint.properties)}</code></p>}
            {endpoint.description && <p class="faint">{endpoint.description}</p>}
            <p class="chips"><span class="chip">{endpoint.project}</span>{endpoint.isRestricted && <span class="chip wait" title={t('restricted')}>{t('restrictedShort')}</span>}
                {endpoint.properties.username && <span class="chip">{endpoint.properties.username}</span>}
                {via && <a class="chip" href="/cloud-proxies">{t('via', { name: via })}</a>}</p>
            <div aria-live="polite">{answer && <p class={good ? 'notice done' : 'trouble'}>{answer.statusMessage || t(good ? 'validated' : 'notValidated')}</p>}</div>
            <Trouble problem={problem} />
            <footer><span class="faint"><Time at={endpoint._updateTimeInMicros} /> {endpoint.updatedBy && t('by', { name: endpoint.updatedBy })}</span>
                {mine && <><button type="button" class="plain" disabled={busy} onClick={validate}>{busy ? t('validating') : t('validate')}</button><button type="button" class="plain" onClick={edit}>{t('edit')}</button></>}</footer>
        </li>
    );
}

export default function Endpoints() {
    const q = query();
    const search = q.get('search') ?? '', type = q.get('type') ?? '', project = q.get('project') ?? '';
    const { data, problem, reload, more } = useList<Endpoint>('/endpoints', { $orderby: 'name asc', $filter: filterOf({ type, project }), search }, ['endpoints']);
    const [edited, edit] = useState<Endpoint | 'new' | null>(null);
    const [gone, remove] = useState<Endpoint | null>(null);
    const proxies = useLoaded('proxies', ['cloud-proxies'], async (s) => (await list<CloudProxy>('/cloud-proxies', { $top: 1000 }, s)).rows);
    const proxyName = (id: string | undefined) => (id ? proxies.data?.find((p) => p.id === id)?.name ?? t('cloudProxy') : '');
    const create = mayDevelopIn().length ? <button type="button" class="primary" onClick={() => edit('new')}>{t('newEndpoint')}</button> : null;
    const filtered = search || type || project;
    return (
        <>
            <Head title={t('endpoints')}>{(data?.rows.length || filtered) ? create : null}</Head>
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('type')} value={type} set={(v) => setQuery('type', v)} options={[['', `${t('type')}: ${t('all')}`], ...KINDS.map((k) => [k.type, t(k.text)] as const)]} />
                {projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
                {data && <span class="faint count" aria-live="polite">{shownText(data)}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noEndpoints')} hint={t(filtered ? 'nothingFitsHint' : 'noEndpointsHint')}>{!filtered && create}</Empty>}
            {data && data.rows.length > 0 && <ul class="cards">{data.rows.map((one) => <Card key={one.id} endpoint={one} via={proxyName(one.cloudProxyId)} edit={() => edit(one)} remove={() => remove(one)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <EndpointForm old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteEndpointHint')} word={t('remove')} close={() => remove(null)} act={() => call('DELETE', `${P}/endpoints/${gone.id}`)} />}
        </>
    );
}
