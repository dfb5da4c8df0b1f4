/* Cloud proxies: who stands behind which firewall, and whether they are here. */
import './proxies.css';
import { useState } from 'preact/hooks';
import { P, call, isAdministrator } from '../../api';
import { shownText, useList } from '../../listing';
import type { CloudProxy, ProxyInstance } from '../../model';
import { Choice, Confirm, Copy, Dialog, Empty, Field, Head, Loading, Menu, Text, Time, Trouble, useAction } from '../../parts';
import { projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t, timeText, type TextKey } from '../../texts';

const STATES: Record<string, readonly [string, TextKey]> = {
    CONNECTED: ['good', 'proxyConnected'], SILENT: ['wait', 'proxySilent'], DISCONNECTED: ['bad', 'proxyDisconnected'], NEVER_CONNECTED: ['quiet', 'proxyNever'], REVOKED: ['quiet', 'proxyRevoked'],
};

function State({ is }: { is: string }) {
    const [tone, text] = STATES[is] ?? ['quiet', 'none'];
    return <span class={`status ${tone}`}><i aria-hidden="true" />{t(text)}</span>;
}

function Figures({ of: x }: { of: ProxyInstance }) {
    const here = x.status === 'CONNECTED' || x.status === 'SILENT';
    return (
        <dl class="figures">
            {here ? <>
                {x.latencyMillis !== undefined && <div><dt>{t('latency')}</dt><dd class="number">{x.latencyMillis} ms</dd></div>}
                <div><dt>{t('streams')}</dt><dd class="number">{x.streams ?? 0}</dd></div>
                <div><dt>{t('mayReach')}</dt><dd>{x.allow?.length ? <code>{x.allow.join(', ')}</code> : t('mayReachNothing')}</dd></div>
                {!!x.credentials?.length && <div><dt>{t('keptCredentials')}</dt><dd><code>{x.credentials.join(', ')}</code></dd></div>}
                {x.receives && <div><dt>{t('journalWaiting')}</dt><dd class="number">{x.journalWaiting ?? 0}</dd></div>}
            </> : x._lastSeenInMicros ? <div><dt>{t('lastSeen')}</dt><dd><Time at={x._lastSeenInMicros} /></dd></div> : null}
            {x.address && <div><dt>{t('from')}</dt><dd>{x.address}</dd></div>}
            <div><dt>{t('version')}</dt><dd>{x.version}</dd></div>
            <div><dt>{t('keyAge')}</dt><dd><Time at={x._keyChangedAtInMicros} /></dd></div>
            {x.enrolledBy && <div><dt>{t('enrolledBy')}</dt><dd>{x.enrolledBy}</dd></div>}
        </dl>
    );
}

function Instance({ of: x, proxy, manage, revoke }: { of: ProxyInstance; proxy: CloudProxy; manage: boolean; revoke: () => void }) {
    const { problem, run } = useAction();
    const [said, say] = useState(false);
    const rotate = () => run(async () => {
        await call('POST', `${P}/cloud-proxies/${proxy.id}/instances/${x.id}`, { action: 'rotate' });
        say(true);
    });
    return (
        <li>
            <header><strong>{x.hostName || x.id}</strong><State is={x.status} />
                {manage && x.status !== 'REVOKED' && <Menu label={`${t('moreActions')}: ${x.hostName}`} items={[x.status === 'CONNECTED' && { text: t('rotateKey'), act: rotate }, { text: t('revokeInstance'), act: revoke, bad: true }]} />}</header>
            <Figures of={x} />
            <div aria-live="polite">{said && <p class="notice done">{t('rotateKeyHint')}</p>}</div>
            <Trouble problem={problem} />
        </li>
    );
}

interface Acts { edit: () => void; remove: () => void; enrol: () => void; revoke: (x: ProxyInstance) => void }

function Card({ of: p, manage, acts }: { of: CloudProxy; manage: boolean; acts: Acts }) {
    return (
        <li class="card proxy">
            <header>
                <h2>{p.name}</h2><State is={p.status} />
                {manage && <Menu label={`${t('moreActions')}: ${p.name}`} items={[{ text: t('edit'), act: acts.edit }, { text: t('remove'), act: acts.remove, bad: true }]} />}
            </header>
            {p.description && <p class="faint">{p.description}</p>}
            <p class="chips"><span class="chip">{p.project || t('allProjects')}</span><span class="chip">{p.endpointCount ? t('usedByEndpoints', { n: p.endpointCount }) : t('usedByNone')}</span></p>
            {p.instances.length ? <ul class="instances" aria-label={t('instances')}>{p.instances.map((x) => <Instance key={x.id} of={x} proxy={p} manage={manage} revoke={() => acts.revoke(x)} />)}</ul>
                : <p class="faint">{t('noInstances')}</p>}
            {manage && <footer><button type="button" onClick={acts.enrol}>{t('enrolToken')}</button></footer>}
        </li>
    );
}

function Form({ old, close }: { old: CloudProxy | null; close: () => void }) {
    const [d, setDraft] = useState({ name: old?.name ?? '', description: old?.description ?? '', project: old?.project ?? '' });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/cloud-proxies${old ? `/${old.id}` : ''}`, { ...d, name: d.name.trim() });
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newProxy')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); save(); }}>
                <Field label={t('name')} wrong={wrong('name')}><Text required autoFocus={!old} value={d.name} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <Field label={t('project')} wrong={wrong('project')} hint={t('allProjectsHint')}><Choice value={d.project} set={(project) => set({ project })}
                    options={[['', t('allProjects')], ...[...new Set([...projects.value, ...(d.project ? [d.project] : [])])].map((p) => [p, p] as const)]} /></Field>
                {!['name', 'project'].includes(problem?.field ?? '') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : old ? 'save' : 'create')}</button></footer>
            </form>
        </Dialog>
    );
}

interface Made { token: string; command: string; _expiresAtInMicros: number }

/* Made when it is asked for, not when the window opens: each is one more key to the house. */
function Enrol({ of: p, close }: { of: CloudProxy; close: () => void }) {
    const [made, setMade] = useState<Made | null>(null);
    const { busy, problem, run } = useAction();
    const generate = () => run(async () => setMade(await call<Made>('POST', `${P}/cloud-proxies/${p.id}/tokens`, {})));
    return (
        <Dialog title={`${t('enrolToken')}: ${p.name}`} close={close} wide>
            {made ? <>
                <p>{t('enrolCommand')}</p>
                <div class="secret"><code class="command">{made.command}</code><Copy text={made.command} label={t('copyCommand')} strong /></div>
                <p class="notice">{t('enrolTokenHint', { until: timeText(made._expiresAtInMicros) })}</p>
            </> : <p>{t('noProxiesHint')}</p>}
            <Trouble problem={problem} />
            <footer><button type="button" onClick={close}>{t('close')}</button>{!made && <button type="button" class="primary" autoFocus disabled={busy} onClick={generate}>{t('generate')}</button>}</footer>
        </Dialog>
    );
}

export default function CloudProxies() {
    const search = query().get('search') ?? '';
    const { data, problem, reload, more } = useList<CloudProxy>('/cloud-proxies', { $orderby: 'name asc', search }, ['cloud-proxies', 'endpoints']);
    const [edited, edit] = useState<CloudProxy | 'new' | null>(null);
    const [gone, remove] = useState<CloudProxy | null>(null), [enrolling, enrol] = useState<CloudProxy | null>(null);
    const [ending, end] = useState<{ proxy: CloudProxy; instance: ProxyInstance } | null>(null);
    const manage = isAdministrator();
    const create = manage ? <button type="button" class="primary" onClick={() => edit('new')}>{t('newProxy')}</button> : null;
    return (
        <>
            <Head title={t('cloudProxies')}>{data?.rows.length || search ? create : null}</Head>
            {(search || (data && data.rows.length > 0)) && <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                {data && <span class="faint count" aria-live="polite">{shownText(data)}</span>}
            </div>}
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(search ? 'nothingFits' : 'noProxies')} hint={t(search ? 'nothingFitsHint' : 'noProxiesHint')}>{!search && (create ?? <p class="faint">{t('noProxiesAsk')}</p>)}</Empty>}
            {data && data.rows.length > 0 && <ul class="cards">{data.rows.map((p) => <Card key={p.id} of={p} manage={manage}
                acts={{ edit: () => edit(p), remove: () => remove(p), enrol: () => enrol(p), revoke: (instance) => end({ proxy: p, instance }) }} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <Form old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {enrolling && <Enrol of={enrolling} close={() => enrol(null)} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteProxyHint')} word={t('remove')} close={() => remove(null)} act={() => call('DELETE', `${P}/cloud-proxies/${gone.id}`)} />}
            {ending && <Confirm title={t('revokeInstanceAsk', { name: ending.instance.hostName })} hint={t('revokeInstanceHint')} word={t('revokeInstance')} close={() => { end(null); reload(); }}
                act={() => call('DELETE', `${P}/cloud-proxies/${ending.proxy.id}/instances/${ending.instance.id}`)} />}
        </>
    );
}
